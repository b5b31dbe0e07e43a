"""Requests to one registry: authorised, retried with patience, redirected without leaking, cancellable."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

from holodeck_tui import __version__
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.values import NOTHING, Step
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.endpoints import Endpoint, check_safe
from holodeck_tui.image.reference import is_loopback
from holodeck_tui.image.registry_auth import Authenticator, TokenCache
from holodeck_tui.image.registry_errors import Transient, Where, from_fault, from_response
from holodeck_tui.image.retry import retry_after, retrying
from holodeck_tui.image.sockets import Sockets

if TYPE_CHECKING:
    import httpx

Body = bytes | Callable[[], Iterable[bytes]]
Scopes = tuple[frozenset[str], frozenset[str]]
Answer = TypeVar("Answer")

# Seconds. A registry may think long about a manifest; a silent socket is given up all the same.
_CONNECT, _READ, _WRITE = 10.0, 90.0, 90.0
_CONNECTIONS = 24
_REDIRECTS = 5
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Call:
    """A request. ``url`` may be relative to the registry; ``ok`` are the statuses to return, others raise.

    ``scopes`` are those to ask a token for: all that this run will need, and those of this request
    alone, should the first be too many. A callable ``body`` gives the bytes anew for each try.
    """

    method: str
    url: str
    where: Where
    scopes: Scopes
    headers: Mapping[str, str] = NOTHING
    body: Body | None = None
    ok: tuple[int, ...] = (200,)


class RegistryHttp:
    """One registry's HTTP, for many threads at once. Close it after use."""

    def __init__(
        self,
        endpoint: Endpoint,
        credential: Credential | None,
        ctx: Context,
        *,
        step: Step,
        cache: TokenCache,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._ctx = ctx
        self._step: Step = step
        self._transport = transport
        self._clients: dict[tuple[str, bool], httpx.Client] = {}
        self._guard = threading.Lock()
        self._sockets = Sockets()
        self._forget = ctx.cancel.on_cancel(self._sockets.cut)
        self._auth = Authenticator(endpoint, credential, self._fetch_token, ctx, cache)
        self._narrow = False

    def close(self) -> None:
        """Close every connection."""
        self._forget()
        with self._guard:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def where(self, repository: str, doing: str) -> Where:
        """For the words of errors."""
        return Where(self.endpoint.host, repository, doing, self._auth.username)

    def send(self, call: Call, *, retry: bool = True) -> httpx.Response:
        """Send and read the answer whole.

        Without ``retry`` a passing fault raises :class:`Transient`: the caller starts over from where
        it makes sense.
        """

        def once() -> httpx.Response:
            with self.stream(call) as response:
                response.read()
                return response

        return self.retry(call.where.doing, once) if retry else once()

    def retry(self, what: str, call: Callable[[], Answer]) -> Answer:
        """Call until it works, fails for good, or was tried often enough."""
        return retrying(self._ctx, self._step, f"{self.endpoint.host} ({what})", call)

    @contextmanager
    def stream(self, call: Call) -> Iterator[httpx.Response]:
        """Send, and leave the answer's body unread; faults raise :class:`Transient`, while it is read too."""
        target = urljoin(f"{self.endpoint.url}/", call.url)
        authorised = _origin(target) == _origin(self.endpoint.url)
        # Two more tries after a 401: one with a first token, one with a new one for one that had ended.
        for left in (2, 1, 0):
            used = self._authorization(call.scopes) if authorised else None
            sent = {**call.headers, **({"Authorization": used} if used else {})}
            with self._exchange(call, target, sent) as response:
                if response.status_code in call.ok:
                    yield response
                    return
                response.read()
                self._may_retry(response, call.where)
                again = response.status_code == 401 and authorised and left > 0
                if not again or not self._auth.refused(response, self._scopes(call.scopes), used):
                    raise from_response(response, call.where, self._ctx.redactor.clean)

    def _may_retry(self, response: httpx.Response, where: Where) -> None:
        if response.status_code in _TRANSIENT:
            error = from_response(response, where, self._ctx.redactor.clean)
            if error.code not in {"disk-full", "quota"}:
                raise Transient(error, after=retry_after(response.headers.get("retry-after")))

    def _scopes(self, scopes: Scopes) -> frozenset[str]:
        return scopes[1] if self._narrow else scopes[0]

    def _authorization(self, scopes: Scopes) -> str | None:
        try:
            return self._auth.header(self._scopes(scopes))
        except DeploymentError as error:
            refused = error.code in {"registry-unauthorized", "registry-denied"}
            if self._narrow or scopes[0] == scopes[1] or not refused:
                raise
        # Some token servers refuse the whole wish for one scope too many, instead of granting less.
        self._narrow = True
        return self._auth.header(scopes[1])

    @contextmanager
    def _exchange(self, call: Call, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """One request and the redirects of a download; the header stays with the host it was made for."""
        import httpx

        for _ in range(_REDIRECTS + 1):
            self._ctx.cancel.check()
            check_safe(url, f"An address that {call.where.host} names")
            client = self._client(url)
            request = client.build_request(
                call.method,
                url,
                headers=headers,
                content=call.body() if callable(call.body) else call.body,
                extensions={"trace": self._sockets.trace},
            )
            try:
                response = client.send(request, stream=True)
            except httpx.TransportError as fault:
                raise self._fault(fault, call.where) from fault
            try:
                location = response.headers.get("location")
                if not (call.method in {"GET", "HEAD"} and response.is_redirect and location):
                    yield response
                    return
                following = urljoin(url, location)
                if _origin(following) != _origin(url):
                    headers = {k: v for k, v in headers.items() if k.lower() != "authorization"}
                url = following
            except httpx.TransportError as fault:
                raise self._fault(fault, call.where) from fault
            finally:
                response.close()
        raise DeploymentError(
            "registry-error",
            f"{call.where.host} redirects in circles.",
            reason=f"more than {_REDIRECTS} redirects in a row",
            remedy="Ask whoever runs the registry.",
        )

    def _fault(self, fault: Exception, where: Where) -> Exception:
        if self._ctx.cancel.cancelled:
            return Cancelled()
        return from_fault(fault, where, self.endpoint.url, self._ctx.redactor.clean)

    def _fetch_token(self, method: str, url: str, **options: Any) -> httpx.Response:
        """What :class:`Authenticator` sends with: no retries of its own, they are the request's."""
        import httpx

        where = self.where("", "give a token")
        self._ctx.cancel.check()
        client = self._client(url)
        request = client.build_request(method, url, extensions={"trace": self._sockets.trace}, **options)
        try:
            response = client.send(request)
        except httpx.TransportError as fault:
            raise self._fault(fault, where) from fault
        if response.status_code != 200:
            self._may_retry(response, where)
            raise from_response(response, where, self._ctx.redactor.clean)
        return response

    def _client(self, url: str) -> httpx.Client:
        parts = urlsplit(url)
        kind = (parts.scheme, is_loopback(parts.netloc))
        with self._guard:
            if kind not in self._clients:
                self._clients[kind] = self._make_client(*kind)
            return self._clients[kind]

    def _make_client(self, scheme: str, local: bool) -> httpx.Client:
        import ssl

        import httpx

        # Plain http needs no certificates, and loading them takes longer than a push.
        plain = scheme == "http"
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else httpx.create_ssl_context()
        return httpx.Client(
            transport=self._transport,
            # What is on this machine is never asked for through the company's proxy.
            trust_env=not local,
            verify=tls,
            headers={"User-Agent": f"holodeck-deploy-tui/{__version__}"},
            timeout=httpx.Timeout(connect=_CONNECT, read=_READ, write=_WRITE, pool=None),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            follow_redirects=False,
        )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
