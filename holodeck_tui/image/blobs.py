"""Blobs of one repository: is it there, take it over from another repository, or send it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.manifest import Descriptor
from holodeck_tui.image.meter import Meter
from holodeck_tui.image.registry import Registry
from holodeck_tui.image.registry_errors import Transient, from_response
from holodeck_tui.image.registry_http import Call

if TYPE_CHECKING:
    import httpx

Source = Callable[[], Iterable[bytes]]


class Blobs:
    """Reads and writes the blobs of ``repository`` in ``registry``; for many threads at once."""

    def __init__(self, registry: Registry, repository: str, meter: Meter) -> None:
        self._registry = registry
        self._repository = repository
        self._meter = meter
        registry.want(repository, "pull", "push")

    def exists(self, digest: str, *, retry: bool = True) -> bool:
        """Whether the repository has it: one HEAD."""
        call = self._call("HEAD", f"v2/{self._repository}/blobs/{digest}", "look a blob up", ok=(200, 404))
        return self._registry.http.send(call, retry=retry).status_code == 200

    def start(self, mount: str | None = None, origin: str | None = None, *, retry: bool = True) -> str | None:
        """The address to send a blob to, or None when ``mount`` could be taken over from ``origin``.

        A registry that cannot mount, or may not, opens an upload instead.
        """
        path = f"v2/{self._repository}/blobs/uploads/"
        if mount and origin:
            query = f"?mount={quote(mount, safe=':')}&from={quote(origin, safe='')}"
            answer = self._mount(path + query, retry=retry)
            if answer is not None and answer.status_code == 201:
                return None
            if answer is not None and answer.status_code == 202:
                return self._location(answer)
        return self._location(self._start(path, (202,), retry=retry))

    def abandon(self, address: str) -> None:
        """Take an opened upload back; registries forget it sooner or later anyway."""
        if not address:
            return
        try:
            self._registry.http.send(
                self._call("DELETE", address, "close an upload", ok=tuple(range(200, 600))), retry=False
            )
        except (Transient, DeploymentError):
            return

    def send(
        self,
        blob: Descriptor,
        source: Source,
        *,
        opened: str | None = None,
        origin: str | None = None,
    ) -> None:
        """Send a blob that is not there, trying again from its beginning after a fault.

        ``opened`` is an address that :meth:`start` gave; ``origin`` another repository of this registry
        to take it over from. After a fault the blob is looked up first: it may have arrived.
        """
        addresses = [opened] if opened else []
        tries = 0

        def once() -> None:
            nonlocal tries
            tries += 1
            if tries > 1 and self.exists(blob.digest, retry=False):
                return
            address = addresses.pop() if addresses else None
            if address is None:
                address = self.start(blob.digest if origin else None, origin, retry=False)
            if address is None:
                return
            self._put(address, blob, source)

        self._registry.http.retry(f"send {_short(blob.digest)}", once)

    def _put(self, address: str, blob: Descriptor, source: Source) -> None:
        self._meter.expect(_short(blob.digest), blob.size)
        call = Call(
            "PUT",
            _with_digest(address, blob.digest),
            self._registry.http.where(self._repository, "store a blob"),
            self._registry.scopes(self._repository, "pull", "push"),
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)},
            body=lambda: self._metered(blob, source),
            ok=(201, 204, 400, 404, 416),
        )
        answer = self._registry.http.send(call, retry=False)
        if answer.status_code in {201, 204}:
            return
        # The upload was forgotten, or the bytes were not what they should be: both may go well next time.
        raise Transient(from_response(answer, call.where, self._registry.clean), tries=3)

    def _metered(self, blob: Descriptor, source: Source) -> Iterator[bytes]:
        position, name = 0, _short(blob.digest)
        for chunk in source():
            yield chunk
            position += len(chunk)
            self._meter.add(name, position, len(chunk))

    def _mount(self, path: str, *, retry: bool) -> httpx.Response | None:
        try:
            return self._start(path, (201, 202, 400, 404, 405), retry=retry)
        except DeploymentError as error:
            # The login may write here and not read there: then the bytes go the long way.
            if error.code not in {"registry-unauthorized", "registry-denied", "unsupported"}:
                raise
            return None

    def _start(self, path: str, ok: tuple[int, ...], *, retry: bool) -> httpx.Response:
        call = self._call("POST", path, "start an upload", ok=ok, headers={"Content-Length": "0"})
        return self._registry.http.send(call, retry=retry)

    def _location(self, answer: httpx.Response) -> str:
        location = answer.headers.get("location")
        if not location:
            raise DeploymentError(
                "registry-error",
                f"{self._registry.host} does not say where to send a blob.",
                reason="its answer to an upload has no Location",
                remedy="Ask whoever runs the registry.",
            )
        target = urlsplit(urljoin(str(answer.request.url), location))
        ours = urlsplit(self._registry.endpoint.url)
        if target.hostname == ours.hostname:
            # Behind a proxy that ends TLS, registries name themselves with http or without the port.
            target = target._replace(scheme=ours.scheme, netloc=ours.netloc)
        return str(urlunsplit(target))

    def _call(
        self, method: str, url: str, doing: str, *, ok: tuple[int, ...], headers: dict[str, str] | None = None
    ) -> Call:
        where = self._registry.http.where(self._repository, doing)
        scopes = self._registry.scopes(self._repository, "pull", "push")
        return Call(method, url, where, scopes, headers or {}, None, ok)


def _with_digest(address: str, digest: str) -> str:
    # Appended and not rebuilt: the rest of the query may be signed.
    return f"{address}{'&' if urlsplit(address).query else '?'}digest={digest}"


def _short(digest: str) -> str:
    return digest.partition(":")[2][:12]
