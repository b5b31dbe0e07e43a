"""Real engines, real registries, and agents small enough to build often."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tarfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from holodeck_tui.bundle.bundle import Bundle
from holodeck_tui.bundle.collect import collect
from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.events import Event
from holodeck_tui.image.base import engine_base
from holodeck_tui.image.engine import Engine, connect
from holodeck_tui.image.plan import ImagePlan
from holodeck_tui.image.planner import make_plan
from tests.registry import RegistryProcess, registry_process


@dataclass
class Recorder:
    """A context and what it was told."""

    environ: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ctx = Context(emit=self.events.append, environ=self.environ)

    @property
    def text(self) -> str:
        """Everything that was told, as text to search."""
        return "\n".join(map(repr, self.events))


@pytest.fixture
def recorder() -> Recorder:
    """A context of the test's own with an empty environment."""
    return Recorder()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The machine's engine."""
    found = connect({name: value for name, value in os.environ.items() if name.startswith("DOCKER_")})
    yield found
    found.close()


@pytest.fixture
def unique() -> str:
    """A word that no other test uses, for names."""
    return f"hdt{uuid.uuid4().hex[:10]}"


def base_tar(**files: str) -> bytes:
    """A file system of one folder and these files, executable, ``__`` for ``/``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in {"etc__base": "base\n", **files}.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            data = text.encode()
            member.size, member.mode = len(data), 0o755
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def import_base(engine: Engine, name: str, platform: str = "linux/amd64", **files: str) -> str:
    """Make a tiny base image ``name:1`` in the engine; returns its ID."""
    layer = base_tar(**files)
    system, architecture = platform.split("/")
    config = {
        "architecture": architecture,
        "os": system,
        "config": {"Env": ["PATH=/bin"], "Cmd": ["sh"], "Labels": {"of": "base"}},
        "history": [{"created_by": "test"}],
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [f"{name}:1"], "Layers": ["layer.tar"]}]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in (
            ("config.json", json.dumps(config).encode()),
            ("layer.tar", layer),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    (image,) = engine.client.images.load(buffer.getvalue())
    return str(image.id)


@pytest.fixture
def base(engine: Engine, unique: str) -> Iterator[str]:
    """A tiny base image in the engine; everything named after the test goes afterwards."""
    import_base(engine, f"{unique}-base", unique=unique)
    yield f"{unique}-base:1"
    sweep(engine, unique)


def sweep(engine: Engine, word: str) -> None:
    """Remove every image that is named by ``word``, and what was built on them."""
    from docker.errors import DockerException

    api = engine.client.api
    mine = [image for image in api.images() if any(word in tag for tag in image["RepoTags"] or ())]
    mine += api.images(filters={"label": f"com.holodeck.agent={word}"})
    # A child goes before its parent.
    for image in sorted(mine, key=lambda image: int(image["Created"]), reverse=True):
        with contextlib.suppress(DockerException):
            api.remove_image(image["Id"], force=True)


def image_ids(engine: Engine) -> set[str]:
    """All images of the engine, also those that another test removes at this moment."""
    return set(engine.client.api.images(all=True, quiet=True))


def built_on(engine: Engine, parent: str, among: set[str]) -> list[str]:
    """Those of ``among`` that stand on ``parent`` and are still there."""
    from docker.errors import ImageNotFound

    found = []
    for image in among:
        with contextlib.suppress(ImageNotFound):
            if parent in {step["Id"] for step in engine.client.api.history(image)}:
                found.append(image)
    return found


AGENT: dict[str, Any] = {
    "model": {"provider": "ollama", "name": "llama3.2"},
    "instructions": {"file": "instructions.md"},
}


@dataclass
class Made:
    """An agent on disk and what became of it."""

    settings: Settings
    bundle: Bundle

    def plan(self, engine: Engine, ctx: Context, *, tag: str = "1") -> ImagePlan:
        """The plan on the base that the settings name."""
        found = engine_base(self.settings, ctx, engine)
        return make_plan(self.settings, self.bundle, found, tag=tag, environ=ctx.environ)


@pytest.fixture
def agent(tmp_path: Path, unique: str) -> Callable[..., Made]:
    """Writes an agent (``files`` besides agent.yaml) and reads it as a run does."""

    def make(
        base: str,
        *,
        host: str | None = None,
        files: Mapping[str, bytes] = MappingProxyType({}),
        **changes: Any,
    ) -> Made:
        document = {"name": unique, **AGENT, **changes}
        if host is not None:
            document["deployment"] = {
                "registry": {"url": host, "repository": f"{unique}/agent"},
                "target": {"provider": "gcp", "gcp": {"project_id": "my-project"}},
                **document.get("deployment", {}),
            }
        folder = tmp_path / "agent"
        folder.mkdir(exist_ok=True)
        folder.joinpath("agent.yaml").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        for name, data in {"instructions.md": b"Be kind.\n", **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        settings = load_settings(
            folder / "agent.yaml",
            target="local" if host is None else None,
            environ={},
            cwd=folder,
            home=tmp_path,
            overrides={"image.base": base},
        )
        return Made(settings, collect(settings, Context(environ={})))

    return make


@pytest.fixture(scope="session")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    """A registry that lets everybody in."""
    with registry_process(tmp_path_factory.mktemp("open-registry")) as registry:
        yield registry


@pytest.fixture(scope="session")
def closed_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    """A registry that wants the login ``me`` and ``pass word``."""
    with registry_process(tmp_path_factory.mktemp("closed-registry"), login=("me", "pass word")) as registry:
        yield registry
