"""Image references as people write them, taken apart by the distribution project's own rules."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

from holodeck_tui.core.errors import DeploymentError

HUB = "docker.io"
# Docker Hub's API lives elsewhere than its name (docs.docker.com/registry/spec/api).
HUB_API = "registry-1.docker.io"

# github.com/distribution/reference: regexp.go
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Reference:
    """``host/repository[:tag][@digest]`` with everything spelled out that people leave away.

    ``host`` is the name in references (``docker.io``, ``127.0.0.1:5000``), never the API's address.
    """

    host: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """``host/repository``."""
        return f"{self.host}/{self.repository}"

    @property
    def target(self) -> str:
        """What names the manifest in the registry's API: the digest where there is one, else the tag."""
        return self.digest or self.tag or "latest"

    def tagged(self, tag: str) -> Reference:
        """The same repository under ``tag``, without a digest."""
        return replace(self, tag=tag, digest=None)

    def pinned(self, digest: str) -> Reference:
        """The same reference pinned to ``digest``."""
        return replace(self, digest=digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"


def parse_reference(text: str) -> Reference:
    """Take ``text`` apart as container engines do: the Hub and ``library/`` are implied, and ``latest``.

    The first part is a host only if it has a dot or a colon, or is ``localhost``. Raises
    ``config-invalid`` and says which part is wrong.
    """
    rest, at, digest = text.strip().partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise _invalid(text, f"{digest!r} is not a digest like sha256:<64 hex digits>")
    first, slash, remainder = rest.partition("/")
    if slash and (first == "localhost" or "." in first or ":" in first or first != first.lower()):
        host, path = first, remainder
    else:
        host, path = HUB, rest
    if host == "index.docker.io":
        host = HUB
    head, colon, tag = path.rpartition(":")
    repository = head if colon else path
    if host == HUB and "/" not in repository:
        repository = f"library/{repository}"
    if not _HOST.fullmatch(host):
        raise _invalid(text, f"{host!r} is not a host name")
    if not _REPOSITORY.fullmatch(repository):
        raise _invalid(
            text,
            f"the repository {repository!r} may have a-z and 0-9, with . _ - and / between",
        )
    if len(f"{host}/{repository}") > _LONGEST_NAME:
        raise _invalid(text, f"host and repository are longer than {_LONGEST_NAME} characters")
    if colon and not _TAG.fullmatch(tag):
        raise _invalid(text, f"{tag!r} is not a tag")
    return Reference(host, repository, tag if colon else (None if at else "latest"), digest or None)


def is_loopback(host: str) -> bool:
    """Whether ``host`` (with or without a port) is this machine, by name or address, without asking DNS."""
    name = host.partition("]")[0][1:] if host.startswith("[") else host
    if name.count(":") == 1:
        name = name.partition(":")[0]
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _invalid(text: str, why: str) -> DeploymentError:
    return DeploymentError(
        "config-invalid",
        f"{text!r} is not an image reference.",
        reason=why,
        remedy="Write it as registry.example.com/team/name:tag.",
    )
