"""What lies in a registry after a push, by either builder, and in an OCI layout: no canary."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.standins import remove_images_of
from tests.integration.canary.conftest import Cage
from tests.integration.canary.recorder import recording
from tests.integration.canary.targets import install
from tests.integration.layers.registries import PASSWORD, USER, push_base
from tests.registry import registry_process

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.docker]


@pytest.fixture
def shelf(cage: Cage, tmp_path: Path) -> Iterator[tuple[Cage, Path]]:
    """The cage with a registry that wants a password, which is a canary too; and the registry's folder."""
    cage.environ |= {
        "PYTHONPATH": install(tmp_path / "dist"),
        "HOLODECK_REGISTRY_USERNAME": USER,
        "HOLODECK_REGISTRY_PASSWORD": PASSWORD,
    }
    cage.canaries["HOLODECK_REGISTRY_PASSWORD"] = PASSWORD
    base = f"{cage.agent}-base:1"
    small_base(base)
    with registry_process(tmp_path / "registry", login=(USER, PASSWORD)) as registry:
        reference = push_base(base, registry.host, password=True)
        section = (
            f"  registry: {{url: '{registry.host}', repository: team/agent}}\n"
            "  target: {provider: gcp, gcp: {project_id: project-one}}\n"
        )
        cage.write(deployment=section, overlay=f"image: {{base: '{reference}'}}\n")
        yield cage, registry.folder
    remove_images_of(cage.agent)
    subprocess.run(["docker", "rmi", "-f", base, reference], capture_output=True, check=False)


def small_base(name: str) -> None:
    """A base of one file that says that it brings what the agent needs."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("etc/marker")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"base\n"))
    label = "LABEL com.holodeck.extras=openai-agents"
    command = ["docker", "import", "--change", label, "-", name]
    subprocess.run(command, input=made.getvalue(), check=True, capture_output=True)


@pytest.mark.parametrize("builder", ["docker", "layers"])
def test_nothing_of_it_is_in_the_registry(shelf: tuple[Cage, Path], builder: str) -> None:
    cage, folder = shelf
    with recording(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")) as recorder:
        cage.environ["DOCKER_HOST"] = recorder.address
        told = cage.call("deploy", "--target", "shelf", "--builder", builder, "-v", "--output", "json")
        result = json.loads([line for line in told.splitlines() if '"event": "result"' in line][-1])
        assert result["ok"], told
        cage.call("deploy", "--target", "shelf", "--builder", builder, "-v")
        requests = recorder.requests()
    digest = result["image"]["digest"].removeprefix("sha256:")
    assert list(folder.rglob(f"*/{digest}/data")), "it was pushed there"
    assert cage.found() + cage.scanner.tree(folder) == []
    # The engine logs in by a header; there, and nowhere else, the password belongs.
    login = re.compile(rb"^x-registry-auth:.*$", re.IGNORECASE | re.MULTILINE)
    assert any(login.search(one.head) for one in requests) is (builder == "docker")
    for one in requests:
        assert cage.scanner.data(login.sub(b"", one.head) + one.body, one.path) == []


def test_nothing_of_it_is_in_a_layout(shelf: tuple[Cage, Path]) -> None:
    cage, _ = shelf
    cage.call("build", "--target", "shelf", "--output-layout", "layout", "-v")
    assert (cage.folder / "layout" / "index.json").is_file()
    assert cage.found() == []


def test_a_wrong_password_is_not_repeated(shelf: tuple[Cage, Path]) -> None:
    cage, folder = shelf
    cage.canaries["HOLODECK_REGISTRY_PASSWORD"] = wrong = "canary-wrong-password"
    for builder in ("docker", "layers"):
        told = cage.call(
            "deploy",
            "--target",
            "shelf",
            "--builder",
            builder,
            "-v",
            code=4,
            HOLODECK_REGISTRY_PASSWORD=wrong,
        )
        assert "HOLODECK_REGISTRY_PASSWORD" in told, "the way out names the variable"
    cage.said = {words.replace(wrong, ""): told for words, told in cage.said.items()}
    assert cage.found() + cage.scanner.tree(folder) == []
