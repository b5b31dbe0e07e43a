"""Where a registry's traffic really goes: its API's address, or the mirror that the user named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.reference import HUB, HUB_API, is_loopback

VARIABLE = "HOLODECK_REGISTRY_ENDPOINTS"


@dataclass(frozen=True)
class Endpoint:
    """``url`` is ``scheme://host[:port]`` without a slash at the end; ``mirror`` when the user chose it."""

    host: str
    url: str
    mirror: bool = False

    @property
    def netloc(self) -> str:
        """``host[:port]`` that is really dialled."""
        return urlsplit(self.url).netloc

    @property
    def credential_host(self) -> str:
        """Whose stored credentials may be sent: a mirror gets its own, never those of what it mirrors."""
        return self.netloc if self.mirror else self.host


def find_endpoint(host: str, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint of the registry ``host``. Raises ``config-invalid`` on a malformed or unsafe variable."""
    mirrors = _mirrors(environ.get(VARIABLE, ""))
    if host in mirrors:
        return Endpoint(host, mirrors[host], mirror=True)
    if host == HUB:
        return Endpoint(host, f"https://{HUB_API}")
    scheme = "http" if is_loopback(host) else "https"
    return Endpoint(host, f"{scheme}://{host}")


def check_safe(url: str, what: str) -> None:
    """Refuse ``url`` unless it is https, or plain http to this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and is_loopback(parts.netloc.rpartition("@")[2]):
        return
    raise DeploymentError(
        "registry-error",
        f"{what} is not used.",
        reason=f"{parts.scheme}://{parts.hostname or ''} is neither https nor this machine",
        remedy="Serve it over https.",
    )


def _mirrors(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        host, equals, url = (part.strip() for part in entry.partition("="))
        parts = urlsplit(url)
        if not (host and equals and parts.hostname and parts.scheme in {"http", "https"}):
            raise _invalid(f"{entry!r} is not HOST=URL")
        if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
            raise _invalid(f"{url!r} may name a scheme, a host and a port, and nothing else")
        if parts.scheme == "http" and not is_loopback(parts.netloc):
            raise _invalid(f"{url!r} is plain http and not this machine")
        found[host] = f"{parts.scheme}://{parts.netloc}"
    return found


def _invalid(why: str) -> DeploymentError:
    return DeploymentError(
        "config-invalid",
        f"{VARIABLE} cannot be used.",
        reason=why,
        remedy=f'export {VARIABLE}="registry.example.com=http://127.0.0.1:5000"',
    )
