"""Which engine is meant, and what is said when it does not answer."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from holodeck_tui.core.errors import DeploymentError, ExitCode
from holodeck_tui.image.engine import connect

pytestmark = [pytest.mark.unit, pytest.mark.skipif(os.name == "nt", reason="unix sockets")]


def failure(**environ: str) -> DeploymentError:
    with pytest.raises(DeploymentError) as caught:
        connect(environ)
    assert caught.value.exit_code == ExitCode.MISSING
    assert caught.value.remedy
    return caught.value


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path is short enough for a socket's name."""
    return tmp_path_factory.mktemp("s")


def test_a_context_that_does_not_exist_is_no_reason_to_take_another_engine() -> None:
    error = failure(DOCKER_CONTEXT="production")
    assert error.code == "docker-unreachable"
    assert "'production' does not exist" in error.message
    assert error.remedy == "docker context ls"


def test_so_with_the_current_context_of_dockers_config(sealed_home: Path) -> None:
    (sealed_home / ".docker").mkdir()
    (sealed_home / ".docker" / "config.json").write_text('{"currentContext": "gone"}')
    assert "'gone' does not exist" in failure().message


def test_a_context_is_used_and_named_when_it_does_not_answer(sealed_home: Path, short: Path) -> None:
    folder = sealed_home / ".docker"
    meta = folder / "contexts" / "meta" / hashlib.sha256(b"mine").hexdigest()
    meta.mkdir(parents=True)
    host = f"unix://{short}/none.sock"
    meta.joinpath("meta.json").write_text(
        json.dumps({"Name": "mine", "Metadata": {}, "Endpoints": {"docker": {"Host": host}}})
    )
    folder.joinpath("config.json").write_text('{"currentContext": "default"}')
    error = failure(DOCKER_CONTEXT="mine")
    assert host in error.message
    assert "DOCKER_CONTEXT (mine)" in error.message
    assert error.reason == "there is no such socket"


def test_docker_host_goes_before_a_context(short: Path) -> None:
    error = failure(DOCKER_HOST=f"unix://{short}/x.sock", DOCKER_CONTEXT="nonsense")
    assert "DOCKER_HOST" in error.message


def test_a_socket_nobody_listens_on(short: Path) -> None:
    path = short / "d.sock"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.close()
    assert failure(DOCKER_HOST=f"unix://{path}").reason == "nothing listens there"


def test_ssh_without_paramiko_says_what_to_install() -> None:
    try:
        import paramiko  # noqa: F401
    except ImportError:
        error = failure(DOCKER_HOST="ssh://me@127.0.0.1")
        assert error.remedy == "pip install paramiko"
    else:
        pytest.skip("paramiko is installed")


@pytest.mark.parametrize("host", ["nonsense://x", "tcp://", "unix:/\x1b[31mx"])
def test_an_address_that_is_none(host: str) -> None:
    error = failure(DOCKER_HOST=host)
    assert error.code == "docker-unreachable"
    assert "\x1b" not in str(error)


@pytest.fixture
def silent(short: Path) -> Iterator[Path]:
    """A socket that takes connections and says something that is no engine's answer."""
    path = short / "e.sock"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def answer() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            if connection.recv(4096):
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            connection.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield path
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def test_something_else_listens_there(silent: Path) -> None:
    assert failure(DOCKER_HOST=f"unix://{silent}").code == "docker-unreachable"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to be somebody else")
def test_a_socket_that_may_not_be_used_is_another_error(short: Path) -> None:
    path = short / "d.sock"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    path.chmod(0o660)
    code = (
        "import os, sys\n"
        "from holodeck_tui.image.engine import connect\n"
        "from holodeck_tui.core.errors import DeploymentError\n"
        "import docker.context, docker.errors, docker.utils, holodeck_tui.image.quiet, requests\n"
        "from requests.packages import urllib3\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try:\n    connect({'DOCKER_HOST': sys.argv[1]})\n"
        "except DeploymentError as e:\n    print(e.code, '|', e.reason, '|', e.remedy)\n"
    )
    # The folders above belong to root alone.
    for folder in (short, *short.parents):
        if folder == Path("/"):
            break
        folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run(
        [sys.executable, "-c", code, f"unix://{path}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    server.close()
    assert done.stdout.startswith("docker-denied | permission denied on /"), done.stdout + done.stderr
    assert "usermod -aG docker" in done.stdout
