"""The container engine: which one is meant, whether it answers, and what to do when it does not."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.imports import import_requests
from holodeck_tui.core.redact import sanitize

if TYPE_CHECKING:
    from docker import DockerClient

# Reading and pushing big images keeps an engine busy for minutes without a word.
TIMEOUT = 600
# An engine that is there answers at once.
_PROBE_TIMEOUT = 10
_DEFAULT_SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Engine:
    """An engine that answered. ``endpoint`` is its address; ``platform`` what it runs, ``os/architecture``.

    ``client`` is for short calls; a long stream takes its own by :meth:`open`, so that it can be cut.
    """

    endpoint: str
    kind: Literal["docker", "podman"]
    version: str
    platform: str
    client: DockerClient = field(repr=False, compare=False)
    _arguments: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)

    def open(self) -> DockerClient:
        """A client with connections of its own. Asks the engine nothing."""
        return _client(self._arguments, timeout=TIMEOUT)

    def close(self) -> None:
        """Close the connections; the engine goes on."""
        self.client.close()


def connect(environ: Mapping[str, str]) -> Engine:
    """The engine that the docker command would use, or Podman's where only that one is there.

    In order: DOCKER_HOST, DOCKER_CONTEXT, the current context of docker's config, docker's socket, the
    sockets of rootless docker and of Podman. Raises ``docker-unreachable`` or ``docker-denied``.
    """
    import_requests()
    chosen = _chosen(environ)
    if chosen is not None:
        arguments, origin = chosen
        return _connect(arguments, origin)
    usual, *others = _usual(environ)
    try:
        return _connect({"base_url": usual}, "")
    except DeploymentError as error:
        if error.code == "docker-denied":
            raise
        for endpoint in others:
            with contextlib.suppress(DeploymentError):
                return _connect({"base_url": endpoint}, "")
        raise


def _chosen(environ: Mapping[str, str]) -> tuple[dict[str, Any], str] | None:
    """What the user named, and where: None when nothing is named."""
    from docker.context import ContextAPI
    from docker.errors import DockerException
    from docker.utils import kwargs_from_env

    if environ.get("DOCKER_HOST"):
        try:
            return dict(kwargs_from_env(environment=dict(environ))), "DOCKER_HOST"
        except DockerException as error:
            raise _unreachable(str(environ["DOCKER_HOST"]), "DOCKER_HOST", _first_line(error)) from error
    name, origin = environ.get("DOCKER_CONTEXT", ""), "DOCKER_CONTEXT"
    if not name:
        name, origin = _current_context(environ), "the current docker context"
    if not name or name == "default":
        return None
    try:
        found = ContextAPI.get_context(name)
    except Exception as error:  # docker-py raises bare Exception for a damaged context
        raise _unreachable(name, origin, _first_line(error)) from error
    if found is None:
        # docker-py would silently talk to the default engine: another machine's, or production's.
        raise DeploymentError(
            "docker-unreachable",
            f"The docker context {sanitize(name)!r} does not exist.",
            reason=f"{origin} names it, and docker's configuration has no such context",
            remedy="docker context ls",
        )
    arguments: dict[str, Any] = {"base_url": found.Host}
    if found.TLSConfig is not None:
        arguments["tls"] = found.TLSConfig
    return arguments, f"{origin} ({name})"


def _current_context(environ: Mapping[str, str]) -> str:
    folder = environ.get("DOCKER_CONFIG") or str(Path.home() / ".docker")
    try:
        document = json.loads((Path(folder) / "config.json").read_bytes())
    except (OSError, ValueError):
        return ""
    name = document.get("currentContext") if isinstance(document, dict) else None
    return name if isinstance(name, str) else ""


def _usual(environ: Mapping[str, str]) -> Iterator[str]:
    if os.name == "nt":
        yield "npipe:////./pipe/docker_engine"
        return
    yield _DEFAULT_SOCKET
    runtime = environ.get("XDG_RUNTIME_DIR")
    folders = [Path(runtime)] if runtime else []
    for place in (
        *(folder / "docker.sock" for folder in folders),
        Path.home() / ".docker" / "run" / "docker.sock",
        *(folder / "podman" / "podman.sock" for folder in folders),
        Path("/run/podman/podman.sock"),
    ):
        if _exists(place):
            yield f"unix://{place}"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _connect(arguments: Mapping[str, Any], origin: str) -> Engine:
    from docker.errors import DockerException

    endpoint = str(arguments.get("base_url") or _DEFAULT_SOCKET)
    try:
        _knock(endpoint)
        probe = _client({**arguments, "version": "auto"}, timeout=_PROBE_TIMEOUT)
        try:
            facts: dict[str, Any] = probe.version()
        finally:
            probe.close()
    # ssh:// raises paramiko's and OpenSSH's own errors.
    except (DockerException, OSError, ValueError) as error:
        raise _translated(error, endpoint, origin) from error
    except Exception as error:
        if endpoint.startswith("ssh://"):
            raise _translated(error, endpoint, origin) from error
        raise
    known = {**arguments, "version": facts["ApiVersion"]}
    names = [str(part.get("Name", "")) for part in facts.get("Components") or ()]
    return Engine(
        endpoint=endpoint,
        kind="podman" if any("podman" in name.lower() for name in names) else "docker",
        version=sanitize(str(facts.get("Version", ""))),
        platform=f"{facts.get('Os', 'linux')}/{facts.get('Arch', 'amd64')}",
        client=_client(known, timeout=TIMEOUT),
        _arguments=known,
    )


def _knock(endpoint: str) -> None:
    """Raises OSError where nobody is behind a Unix socket: a client is not made for that."""
    scheme, _, path = endpoint.partition("://")
    if scheme != "unix" or not path.startswith("/") or os.name == "nt":
        return
    with socket.socket(socket.AF_UNIX) as knocking:
        knocking.settimeout(_PROBE_TIMEOUT)
        knocking.connect(path)


def _client(arguments: Mapping[str, Any], *, timeout: int) -> DockerClient:
    from holodeck_tui.image.quiet import QuietClient

    return QuietClient(timeout=timeout, **arguments)


def _translated(error: Exception, endpoint: str, origin: str) -> DeploymentError:
    causes = list(_causes(error))
    if any(isinstance(cause, PermissionError) for cause in causes):
        return DeploymentError(
            "docker-denied",
            "The container engine may not be used by this user.",
            reason=f"permission denied on {sanitize(endpoint.removeprefix('unix://'))}",
            remedy='sudo usermod -aG docker "$USER" && newgrp docker',
        )
    if "paramiko" in str(error):
        return DeploymentError(
            "docker-unreachable",
            f"The engine at {sanitize(endpoint)} cannot be asked.",
            reason="ssh:// needs the Python package paramiko",
            remedy="pip install paramiko",
        )
    if any(isinstance(cause, FileNotFoundError) for cause in causes):
        reason = "there is no such socket"
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        reason = "nothing listens there"
    elif any("timed out" in str(cause).lower() or isinstance(cause, TimeoutError) for cause in causes):
        reason = f"it did not answer within {_PROBE_TIMEOUT} s"
    else:
        reason = _first_line(causes[-1] if causes else error)
    return _unreachable(endpoint, origin, reason)


def _unreachable(endpoint: str, origin: str, reason: str) -> DeploymentError:
    named = f" ({origin})" if origin else ""
    remedy = "sudo systemctl start docker"
    if origin:
        remedy = "docker context use default; unset DOCKER_HOST DOCKER_CONTEXT"
    return DeploymentError(
        "docker-unreachable",
        f"No container engine answers at {sanitize(endpoint)}{sanitize(named)}.",
        reason=reason,
        remedy=remedy,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, and the errors that requests and urllib3 carry as arguments."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting.extend(part for part in one.args if isinstance(part, BaseException))
        waiting.extend(part for part in (one.__cause__, one.__context__) if part is not None)


def _first_line(error: BaseException) -> str:
    return sanitize(str(error).strip().partition("\n")[0])[:300] or type(error).__name__
