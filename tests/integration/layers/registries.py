"""Real parts for these tests: a base in a registry, agents, plans."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from holodeck_tui.bundle.collect import collect
from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.context import Context
from holodeck_tui.image.blob_cache import BlobCache
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.layers import LayersBuilder
from holodeck_tui.image.layers_session import open_layers
from holodeck_tui.image.manifest import DOCKER_MANIFEST, OCI_MANIFEST
from holodeck_tui.image.plan import ImagePlan
from holodeck_tui.image.planner import make_plan, repository
from holodeck_tui.image.registry_auth import TokenCache

USER, PASSWORD = "tess", "correct-horse-battery"


def skopeo(*arguments: str) -> str:
    """Run the real skopeo; its output."""
    done = subprocess.run(["skopeo", *arguments], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def base_in_engine() -> Iterator[str]:
    """A base in the engine that says it brings what the agents here need; its name."""
    name = f"layers-base:{uuid.uuid4().hex[:12]}"
    recipe = 'FROM debian-py:test\nLABEL com.holodeck.extras=openai-agents\nENV ONE=1\nCMD ["sh"]\n'
    environ = {**os.environ, "DOCKER_BUILDKIT": "0"}
    subprocess.run(["docker", "build", "-q", "-t", name, "-"], input=recipe.encode(), check=True, env=environ,
                   capture_output=True)  # fmt: skip
    try:
        yield name
    finally:
        subprocess.run(["docker", "rmi", "-f", name], capture_output=True, check=False)


def push_base(source: str, host: str, repository: str = "team/base:1", *, password: bool = False) -> str:
    """Copy an image of the engine into a registry, with skopeo; its reference."""
    target = f"{host}/{repository}"
    login = ["--dest-creds", f"{USER}:{PASSWORD}"] if password else []
    # Packed fast: what is tested is the same, and a base can have gigabytes.
    quick = ["-q", "--dest-tls-verify=false", "--dest-compress-level", "1"]
    skopeo("copy", *quick, *login, f"docker-daemon:{source}", f"docker://{target}")
    return target


def write_agent(
    folder: Path, base: str, registry: str, repository: str = "team/agent", **overlay: Any
) -> Path:
    """A small agent with instructions and a data folder; its agent.yaml."""
    (folder / "instructions").mkdir(parents=True, exist_ok=True)
    (folder / "instructions" / "system.md").write_text("Be brief.\n")
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "tëxt.md").write_text("# Umlaute\n" * 10)
    (folder / "agent.yaml").write_text(
        "name: tester\n"
        "model: {provider: openai, name: gpt-4o-mini}\n"
        "instructions: {file: instructions/system.md}\n"
        "tools:\n"
        "  - {name: docs, type: vectorstore, description: Documents, source: data}\n"
        "deployment:\n"
        f"  registry: {{url: '{registry}', repository: {repository}, tag_strategy: custom, custom_tag: v1}}\n"
        "  target: {provider: azure, azure: {subscription_id: 00000000-0000-0000-0000-000000000001,\n"
        "    resource_group: rg, environment_name: env}}\n"
    )
    (folder / "deploy.yaml").write_text(json.dumps({"target": "local", "image": {"base": base, **overlay}}))
    return folder / "agent.yaml"


def settings_of(agent: Path, environ: dict[str, str] | None = None) -> Settings:
    """The real settings of an agent, sealed from this machine's own files."""
    home = agent.parent / ".home"
    return load_settings(agent, environ=environ or {}, cwd=agent.parent, home=home)


class Counter(httpx.BaseTransport):
    """Counts requests that go through the real transport, and how many had to wait for one another."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.requests: list[tuple[str, str, float, float]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = time.monotonic()
        response = self._inner.handle_request(request)
        self.requests.append((request.method, request.url.path, began, time.monotonic()))
        return response

    def close(self) -> None:
        self._inner.close()

    @property
    def in_sequence(self) -> int:
        """The longest chain of requests of which each began after the one before had ended."""
        count, last = 0, 0.0
        for *_, began, ended in sorted(self.requests, key=lambda one: one[3]):
            if began >= last:
                count, last = count + 1, ended
        return count

    def clear(self) -> None:
        self.requests.clear()

    def sent(self, method: str) -> list[str]:
        return [path for verb, path, *_ in self.requests if verb == method]


@dataclass
class Workshop:
    """Builds an agent the way the pipeline does, with a store and tokens of its own."""

    settings: Settings
    ctx: Context
    store: BlobCache
    tokens: TokenCache
    counter: Counter

    def open(self) -> LayersBuilder:
        return open_layers(
            self.settings, self.ctx, store=self.store, tokens=self.tokens, transport=self.counter
        )

    def plan(self, builder: LayersBuilder, tag: str = "v1") -> ImagePlan:
        bundle = collect(self.settings, self.ctx)
        base = builder.resolve_base(self.settings.image_base, self.settings.platform)
        return make_plan(self.settings, bundle, base, tag=tag, environ=self.ctx.environ)

    def build(self, tag: str = "v1", **options: Any) -> Any:
        with self.open() as builder:
            builder.look_ahead(f"{repository(self.settings)}:{tag}")
            return builder.build(self.plan(builder, tag), **options)


def workshop(agent: Path, environ: dict[str, str] | None = None, ctx: Context | None = None) -> Workshop:
    """A fresh machine: nothing remembered, no token."""
    environ = environ or {}
    return Workshop(
        settings_of(agent, environ),
        ctx or Context(environ={"PATH": os.environ["PATH"], "HOME": str(agent.parent / ".home"), **environ}),
        BlobCache(None),
        TokenCache(),
        Counter(),
    )


def fetch(host: str, path: str, *, login: bool = False) -> httpx.Response:
    """A plain request to a registry, past our client."""
    auth = (USER, PASSWORD) if login else None
    accept = f"{OCI_MANIFEST}, {DOCKER_MANIFEST}"
    return httpx.get(f"http://{host}/v2/{path}", headers={"Accept": accept}, auth=auth, trust_env=False)


LOGIN = {"HOLODECK_REGISTRY_USERNAME": USER, "HOLODECK_REGISTRY_PASSWORD": PASSWORD}
CREDENTIAL = Credential(USER, PASSWORD)
