"""The installed command, from outside: a project folder, real registries, and a third party's target."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.integration.cli.cli_calls import Ended
from tests.registry import registry_process

HERE = Path(__file__).parent
STANDIN = HERE.parent / "local" / "standin.py"
USER, PASSWORD = "tess", "correct-horse-battery"
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "DOCKER_HOST")
AGENT = """\
# An agent
name: {name}
model: {{provider: ollama, name: llama3.2}}
instructions: {{file: instructions/prompt.md}}
"""
# The cloud is named because HoloDeck's schema wants one; these tests deploy to other targets.
SECTION = """\
deployment:
  registry: {{url: '{host}', repository: {repository}}}
  target: {{provider: azure, azure: {{subscription_id: 11111111-2222-3333-4444-555555555555,
    resource_group: rg, environment_name: env}}}}
"""


def command() -> Path:
    """The console script that was installed with the package."""
    name = "holodeck-deploy-tui"
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    assert found is not None, f"{name} is not installed beside {sys.executable}"
    return Path(found)


@dataclass
class Project:
    """An agent's folder and the environment of a script that calls the command there."""

    folder: Path
    environ: dict[str, str]
    name: str
    more: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def section(self, host: str) -> None:
        """An agent.yaml with a ``deployment:`` section for this registry."""
        text = AGENT.format(name=self.name) + SECTION.format(host=host, repository=self.repository)
        self.write("agent.yaml", text)

    @property
    def repository(self) -> str:
        return f"contract/{self.name}"

    def call(self, *words: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Ended:
        done = subprocess.run(
            [str(command()), *words],
            cwd=cwd or self.folder,
            env={**self.environ, **self.more, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The same, left running."""
        return subprocess.Popen(
            [str(command()), *words],
            cwd=self.folder,
            env={**self.environ, **self.more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def project(tmp_path: Path, sealed_home: Path) -> Iterator[Project]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environ = {**kept, "HOME": str(sealed_home), "USERPROFILE": str(sealed_home)}
    made = Project(tmp_path / "agent", environ, f"k{uuid.uuid4().hex[:10]}")
    made.write("agent.yaml", AGENT.format(name=made.name))
    made.write("instructions/prompt.md", "You help.\n")
    yield made
    if shutil.which("docker"):
        filters = ["--filter", f"label=com.holodeck.agent={made.name}"]
        mine = subprocess.run(
            ["docker", "images", "-q", *filters], capture_output=True, text=True, check=False
        )
        if mine.stdout.split():
            subprocess.run(["docker", "rmi", "-f", *mine.stdout.split()], capture_output=True, check=False)


@pytest.fixture
def acme(project: Project, tmp_path: Path) -> Iterator[Project]:
    """The project, with a third party's distribution installed that brings the target ``acme``."""
    site = tmp_path / "site"
    facts = site / "acme_target-1.0.dist-info"
    facts.mkdir(parents=True)
    shutil.copy(HERE / "acme_target.py", site)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-target\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[holodeck_tui.deployers]\nacme = acme_target:AcmeDeployer\n")
    project.environ["PYTHONPATH"] = str(site)
    yield project
    name = f"acme-{project.name}"
    subprocess.run(["docker", "rm", "-f", name, f"{name}-other"], capture_output=True, check=False)


@dataclass(frozen=True)
class Registries:
    """Two real registries over one storage: one open, one that wants a login.

    ``base`` is in both and, by this name, in the engine.
    """

    open: str
    locked: str
    base: str


# What the stand-in and the entrypoint need of Debian, as a tar: a third of it, so that pushes are short.
_THIN = r"""
cd /; python=$(readlink -f /usr/bin/python3); lib=/usr/lib/${python##*/}
own="/usr/bin/sh /usr/bin/dash /usr/bin/dirname /usr/bin/id /usr/bin/env /usr/bin/python3 $python"
libs=$(ldd $own $lib/lib-dynload/*.so | sed -n 's/.*[ \t]\(\/[^ ]*\) (0x.*/\1/p' | sort -u |
    while read one; do echo $(readlink -f $(dirname $one))/$(basename $one); readlink -f $one; done | sort -u)
exec tar -c --exclude __pycache__ bin lib lib64 tmp etc/passwd etc/group $own $lib $libs 2>/dev/null
"""


def _thin_base(name: str, standin: Path) -> None:
    """Make the image ``name``: Python, a shell, and the stand-in as its ``holodeck`` command."""
    with subprocess.Popen(
        ["docker", "run", "--rm", "debian-py:test", "sh", "-c", _THIN], stdout=subprocess.PIPE
    ) as files:
        made = ["docker", "import", "-c", "ENV PATH=/usr/local/bin:/usr/bin:/bin", "-", f"{name}-thin"]
        subprocess.run(made, stdin=files.stdout, check=True, capture_output=True)
    try:
        (standin / "holodeck").write_text("#!/usr/bin/python3 -u\n" + STANDIN.read_text())
        (standin / "holodeck").chmod(0o755)
        (standin / "Dockerfile").write_text(
            f"FROM {name}-thin\nCOPY holodeck /usr/local/bin/holodeck\n"
            'LABEL com.holodeck.extras="openai-agents"\n'
        )
        built = ["docker", "build", "-q", "-t", name, str(standin)]
        environ = {**os.environ, "DOCKER_BUILDKIT": "0"}
        subprocess.run(built, check=True, capture_output=True, env=environ)
    finally:
        subprocess.run(["docker", "rmi", f"{name}-thin"], check=False, capture_output=True)


@pytest.fixture(scope="session")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registries]:
    folder = tmp_path_factory.mktemp("registries")
    with (
        registry_process(folder / "open") as opened,
        registry_process(folder / "locked", login=(USER, PASSWORD), data=folder / "open" / "data") as locked,
    ):
        base = f"{opened.host}/contract/base:{uuid.uuid4().hex[:8]}"
        context = folder / "context"
        context.mkdir()
        try:
            _thin_base(base, context)
            subprocess.run(["docker", "push", "-q", base], check=True, capture_output=True)
            yield Registries(opened.host, locked.host, base)
        finally:
            subprocess.run(["docker", "rmi", "-f", base], capture_output=True, check=False)
