"""``.dockerignore`` is read as the docker command reads it: the same files reach the engine."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from holodeck_tui.bundle.ignore import IgnoreRules

pytestmark = [pytest.mark.integration, pytest.mark.docker]

FILES = [
    "a.md",
    "b.txt",
    ".hidden",
    "a b.md",
    "a*b",
    "[x]",
    "docs/a.md",
    "docs/b.txt",
    "docs/deep/a.md",
    "docs/deep/er/c.md",
    "docs/keep/x.md",
    "data/docs/a.md",
    "data/.env",
    "node_modules/x.js",
    "pkg/node_modules/y/z.js",
    "#odd",
    "!odd",
    "bat",
    "cat",
    "rat",
    "caf\u00e9/x.md",
]
# Not among them: a ! with a wildcard below a folder that is left out. BuildKit finds such files and so do
# we; the classic builder of Engine 20.10 does not look into the folder.
RULES = [
    "*.md",
    "**/*.md\n!docs/keep",
    "docs\n!docs/deep/a.md",
    "**/node_modules\n# comment\n\n  .hidden  ",
    "/docs/\ndata/**",
    "*\n!docs\ndocs/deep",
    "[a-b]at\n[^a-c]at\n?.txt",
    "\\!odd\n\\#odd\na\\*b\n\\[x\\]",
    "**\n!docs/deep",
    "docs/**/c.md\n!docs/deep/er",
    "./docs/../data\n a b.md",
    "caf\u00e9",
    "*/*/*.md\n!data",
]


@pytest.mark.parametrize("rules", RULES)
def test_the_same_files_as_docker(tmp_path: Path, rules: str) -> None:
    docker = shutil.which("docker")
    assert docker
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / ".dockerignore").write_text(rules)
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\nCOPY . /\n")
    tag = f"holodeck-test-ignore:{uuid.uuid4().hex[:12]}"
    environ = {"DOCKER_BUILDKIT": "0", "PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(tmp_path)}
    built = subprocess.run(
        [docker, "build", "-q", "-t", tag, "-f", str(dockerfile), str(tmp_path)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    ours = {name for name in FILES if IgnoreRules.parse(rules).decides(name) is None}
    if built.returncode:
        # Docker has nothing to copy then, and says so.
        assert not ours, built.stderr
        return
    try:
        made = subprocess.run(
            [docker, "create", tag, "none"], capture_output=True, text=True, check=True
        ).stdout.strip()
        listed = subprocess.run(
            f"{docker} export {made} | tar -t --quoting-style=literal",
            shell=True,
            capture_output=True,
            check=True,
        )
        subprocess.run([docker, "rm", made], capture_output=True, check=True)
    finally:
        subprocess.run([docker, "rmi", tag], capture_output=True, check=False)
    theirs = {line for line in listed.stdout.decode().splitlines() if line in FILES}
    assert ours == theirs
