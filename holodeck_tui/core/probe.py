"""Is the agent well? Judged by what /health and /ready say, never by their status code alone.

``holodeck serve`` answers 200 on both even when the agent is broken, so the body decides.
Chatting with an agent, which the smoke test does, is in :mod:`holodeck_tui.core.chat`.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.threads import interruptible

if TYPE_CHECKING:
    import ssl

    import httpx

Outcome = Literal[
    "healthy", "degraded", "unhealthy", "not-ready", "refused", "no-answer", "unroutable", "closed"
]

# More than any health answer; a page of something else is not read to its end.
_MOST = 65536


@dataclass(frozen=True)
class Probe:
    """One answer, or what came instead of one.

    ``healthy``: the body says healthy, and ready. ``degraded``, ``unhealthy``, ``not-ready``: as the
    bodies say, or any status that is not 200 (``unhealthy``). ``refused``: nothing listens, or the
    connection was cut. ``no-answer``: too slow. ``unroutable``: the name has no address or no way
    leads there from here (internal ingress). ``closed``: it asks for a login (401, 403). ``detail``
    is one phrase, cleaned only by the caller. ``took_ms`` is how long the answer about health took.
    """

    outcome: Outcome
    detail: str
    took_ms: float | None = field(default=None, compare=False)

    @property
    def healthy(self) -> bool:
        """Whether all is well."""
        return self.outcome == "healthy"

    @property
    def beat(self) -> float | None:
        """``took_ms`` where it serves, well or degraded; None where it does not."""
        return self.took_ms if self.outcome in {"healthy", "degraded"} else None


def probe(
    url: str,
    ctx: Context,
    *,
    path: str = "/health",
    ready: str = "/ready",
    timeout: float = 5.0,
) -> Probe:
    """Ask once: ``path`` and, when that is well, ``ready``. ``timeout`` is seconds per question.

    Raises nothing but :class:`~holodeck_tui.core.errors.Cancelled`.
    """

    def ask() -> Probe:
        with http_client(url, timeout) as client:
            began = time.monotonic()
            first = _ask(client, url, path, judge_health)
            took = (time.monotonic() - began) * 1000
            result = first
            if first.healthy and ready:
                second = _ask(client, url, ready, judge_ready)
                result = Probe(first.outcome, f"{first.detail} and ready") if second.healthy else second
            return replace(result, took_ms=took)

    return interruptible(ask, ctx.cancel)


def wait_until_healthy(
    url: str,
    ctx: Context,
    *,
    path: str = "/health",
    ready: str = "/ready",
    timeout: float = 180.0,
    interval: float = 1.0,
    gone: Callable[[], str | None] = lambda: None,
    settle: Callable[[Probe], bool] = lambda result: result.healthy,
    told: Callable[[Probe], object] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
) -> Probe:
    """Ask until ``settle`` accepts the answer or ``timeout`` seconds are over; the last answer.

    ``gone`` is asked between the questions and says why going on is useless (the process has ended),
    or None. The first questions come quickly, later ones every ``interval`` seconds. ``told`` hears each
    answer that is another than the one before.
    """
    deadline = Deadline(timeout, f"{url}{path}", clock=clock)
    pause = min(0.1, interval)
    last: Probe | None = None
    while True:
        result = probe(url, ctx, path=path, ready=ready, timeout=max(0.1, min(5.0, deadline.left)))
        if result != last:
            last = result
            told(result)
        if settle(result):
            return result
        reason = gone()
        if reason is not None:
            return Probe("refused", reason)
        if deadline.left <= 0:
            return Probe(result.outcome, f"{result.detail} (for {timeout:g} s)")
        ctx.cancel.sleep(min(pause, deadline.left))
        pause = min(interval, pause * 1.3)


def judge_health(status: int, body: bytes) -> Probe:
    """What an answer of /health means: 200 and ``"status": "healthy"``, or it is not well."""
    answer = _object(body)
    said = answer.get("status") if answer else None
    if status in {401, 403}:
        return Probe("closed", f"it answered HTTP {status}: it takes only calls with a login")
    if status != 200:
        extra = f" ({said})" if isinstance(said, str) else ""
        return Probe("unhealthy", f"it answered HTTP {status}{extra}")
    if not isinstance(said, str):
        return Probe("unhealthy", 'its answer does not say how it is (no "status" in a JSON body)')
    word = said.strip().lower()
    notes = answer.get("backend_diagnostics") if answer else None
    why = f": {'; '.join(str(note) for note in notes)}" if isinstance(notes, list) and notes else ""
    if word == "degraded" or (word == "healthy" and answer and answer.get("backend_ready") is False):
        return Probe("degraded", f"it says that it is degraded{why}")
    if word != "healthy":
        return Probe("unhealthy", f"it says that it is {said[:40]}{why}")
    return Probe("healthy", "it says that it is healthy")


def judge_ready(status: int, body: bytes) -> Probe:
    """What an answer of /ready means: 200 and ``"ready": true``, or it is not ready."""
    answer = _object(body)
    if status != 200:
        return Probe("not-ready", f"its readiness answered HTTP {status}")
    if not answer or answer.get("ready") is not True:
        return Probe("not-ready", "it says that it is not ready")
    return Probe("healthy", "it says that it is ready")


def is_loopback(url: str) -> bool:
    """Whether ``url`` names this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def http_client(url: str, timeout: float) -> httpx.Client:
    """A client for ``url``; this machine is never asked through a proxy of the environment."""
    import httpx

    trusting = not is_loopback(url)
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR") if trusting else ()
    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
        verify=_tls(trusting, *map(os.environ.get, names)),
        trust_env=trusting,
        follow_redirects=False,
        headers={"user-agent": "holodeck-deploy-tui"},
    )


@lru_cache(maxsize=4)
def _tls(trusting: bool, *_places: str | None) -> ssl.SSLContext:
    """Certificates take 20 ms to read: once, not with each question. ``_places``: the shell's own."""
    import httpx

    return httpx.create_ssl_context(trust_env=trusting)


def _ask(client: httpx.Client, url: str, path: str, judge: Callable[[int, bytes], Probe]) -> Probe:
    import httpx

    address = url.rstrip("/") + "/" + path.lstrip("/")
    try:
        with client.stream("GET", address, headers={"accept": "application/json"}) as response:
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) >= _MOST:
                    break
            return judge(response.status_code, body)
    except httpx.ConnectTimeout:
        if _private(url):
            return Probe("unroutable", "its private address does not answer from here")
        return Probe("no-answer", "no connection came about in time")
    except httpx.TimeoutException:
        return Probe("no-answer", f"{path} did not answer in time")
    except httpx.ConnectError as error:
        return _unconnected(error)
    except httpx.UnsupportedProtocol:
        return Probe("unroutable", "the address is not an http one")
    except httpx.HTTPError:
        return Probe("refused", f"the connection was cut while {path} was asked")


def _unconnected(error: BaseException) -> Probe:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return Probe("unroutable", "its name has no address here")
        if isinstance(cause, OSError) and cause.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
            return Probe("unroutable", "no route leads to it from here")
        cause = cause.__cause__ or cause.__context__
    text = str(error).lower()
    if "certificate" in text or "ssl" in text:
        return Probe("refused", "its TLS certificate is not accepted")
    return Probe("refused", "nothing listens there")


def _private(url: str) -> bool:
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    except (OSError, ValueError):
        return False
    return any(address.is_private and not address.is_loopback for address in addresses)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
