"""One registry, as the rest of the tool sees it: what is there, what is it made of, put, remove."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Step
from holodeck_tui.image.blob_cache import BlobCache
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.endpoints import find_endpoint
from holodeck_tui.image.manifest import ACCEPT, CONFIGS, MANIFESTS, Descriptor, Manifest, sha256
from holodeck_tui.image.reference import Reference, parse_reference
from holodeck_tui.image.registry_auth import SHARED, TokenCache
from holodeck_tui.image.registry_http import Call, RegistryHttp, Scopes

if TYPE_CHECKING:
    import httpx

_PAGE = 1000


@dataclass(frozen=True)
class RemoteImage:
    """An image of one platform. ``digest`` is what the reference names: an index or the manifest itself."""

    reference: Reference
    digest: str
    manifest: Manifest
    platform: str


class Registry:
    """A client of one registry with one login; for many threads at once, and for ``with``.

    Every call raises :class:`~holodeck_tui.core.errors.DeploymentError` only. ``store`` keeps manifests
    by digest; ``transport`` is httpx's, for counting.
    """

    def __init__(
        self,
        host: str,
        credential: Credential | None,
        ctx: Context,
        *,
        step: Step = "build",
        tokens: TokenCache = SHARED,
        store: BlobCache | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.host = host
        self.credential = credential
        self.endpoint = find_endpoint(host, ctx.environ)
        self.store = store or BlobCache(None)
        self.http = RegistryHttp(self.endpoint, credential, ctx, step=step, cache=tokens, transport=transport)
        self.clean = ctx.redactor.clean
        self._wanted: dict[str, frozenset[str]] = {}

    def __enter__(self) -> Registry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def want(self, repository: str, *actions: str) -> None:
        """Say what this run will do (``pull``, ``push``, ``delete``): one token is asked for it all."""
        self._wanted[repository] = self._wanted.get(repository, frozenset()) | frozenset(actions)

    def scopes(self, repository: str, *actions: str) -> Scopes:
        """All that is wanted, and what this request alone needs."""
        self.want(repository, *actions)
        everything = {_scope(name, wanted) for name, wanted in self._wanted.items()}
        return frozenset(everything), frozenset({_scope(repository, self._wanted[repository])})

    def exists(self, reference: Reference | str) -> str | None:
        """The digest that the reference names, or None: one HEAD request."""
        ref = _as_reference(reference)
        response = self.http.send(
            Call(
                "HEAD",
                _path(ref.repository, "manifests", ref.target),
                self.http.where(ref.repository, "look an image up"),
                scopes=self.scopes(ref.repository, "pull"),
                headers={"Accept": ACCEPT},
                ok=(200, 404),
            )
        )
        if response.status_code == 404:
            return None
        digest = response.headers.get("docker-content-digest")
        return str(digest) if digest else self.manifest(ref).digest

    def find_manifest(self, reference: Reference | str) -> Manifest | None:
        """The manifest or index that a reference names, or None: one GET, none where it is remembered."""
        ref = _as_reference(reference)
        kept = self.store.get(ref.digest) if ref.digest else None
        if kept is not None:
            return Manifest.read(kept)
        response = self.http.send(
            Call(
                "GET",
                _path(ref.repository, "manifests", ref.target),
                self.http.where(ref.repository, "read an image's manifest"),
                scopes=self.scopes(ref.repository, "pull"),
                headers={"Accept": ACCEPT},
                ok=(200, 404),
            )
        )
        if response.status_code == 404:
            return None
        manifest = Manifest.read(response.content, response.headers.get("content-type", ""))
        if ref.digest and manifest.digest != ref.digest:
            raise self._tampered(f"the manifest of {ref.name}")
        self.store.put(manifest.digest, manifest.raw)
        return manifest

    def manifest(self, reference: Reference | str) -> Manifest:
        """As :meth:`find_manifest`; raises ``image-missing``."""
        ref = _as_reference(reference)
        found = self.find_manifest(ref)
        if found is None:
            raise DeploymentError(
                "image-missing",
                f"{ref} is not in the registry.",
                reason=f"{self.host} answered 404",
                remedy="Check the name and the tag, or push it first.",
            )
        return found

    def resolve(self, reference: Reference | str, platform: str) -> RemoteImage:
        """The image for ``os/architecture``: by digest at no request, by tag at one, once it is remembered.

        Raises ``image-missing``, ``platform-mismatch``, or what the registry refuses.
        """
        ref = _as_reference(reference)
        if ref.digest is None:
            digest = self.exists(ref)
            named = self.manifest(ref.pinned(digest) if digest else ref)
        else:
            named = self.manifest(ref)
        if not named.is_index:
            self._check_manifest(ref, named)
            return RemoteImage(ref, named.digest, named, platform)
        chosen = named.for_platform(platform, str(ref))
        manifest = self.manifest(ref.pinned(chosen.digest))
        self._check_manifest(ref, manifest)
        return RemoteImage(ref, named.digest, manifest, platform)

    def config(self, image: RemoteImage) -> dict[str, Any]:
        """The image's configuration document; no request once it is remembered."""
        where = image.manifest.config
        if where.media_type not in CONFIGS:
            raise self._no_image(image.reference, f"its configuration is {where.media_type}")
        raw = self.store.get(where.digest)
        if raw is None:
            raw = self.read_blob(image.reference.repository, where)
            self.store.put(where.digest, raw)
        document = json.loads(raw)
        if not isinstance(document, dict):
            raise self._no_image(image.reference, "its configuration is not a JSON object")
        return document

    def read_blob(self, repository: str, blob: Descriptor) -> bytes:
        """A small blob, checked against its digest."""

        def once() -> bytes:
            return b"".join(self.open_blob(repository, blob))

        data = self.http.retry("read a blob", once)
        if sha256(data) != blob.digest:
            raise self._tampered(f"a blob of {repository}")
        return data

    def open_blob(self, repository: str, blob: Descriptor, *, chunk: int = 1 << 18) -> Iterator[bytes]:
        """The stored bytes of a blob, as they come; faults raise :class:`Transient`."""
        where = self.http.where(repository, "read a blob")
        url = _path(repository, "blobs", blob.digest)
        with self.http.stream(Call("GET", url, where, self.scopes(repository, "pull"))) as response:
            yield from response.iter_raw(chunk)

    def put_manifest(self, repository: str, target: str, manifest: Manifest) -> None:
        """Store a manifest under a tag or its digest. Raises what the registry refuses."""
        response = self.http.send(
            Call(
                "PUT",
                _path(repository, "manifests", target),
                self.http.where(repository, "store the image's manifest"),
                scopes=self.scopes(repository, "pull", "push"),
                headers={"Content-Type": manifest.media_type},
                body=manifest.raw,
                ok=(200, 201, 202),
            )
        )
        stored = response.headers.get("docker-content-digest")
        if stored and stored != manifest.digest:
            raise self._tampered(f"the manifest of {self.host}/{repository}")

    def tags(self, repository: str) -> list[str]:
        """All tags; an unknown repository has none."""
        url: str | None = f"{_path(repository, 'tags', 'list')}?n={_PAGE}"
        found: list[str] = []
        while url:
            response = self.http.send(
                Call(
                    "GET",
                    url,
                    self.http.where(repository, "list the tags"),
                    scopes=self.scopes(repository, "pull"),
                    ok=(200, 404),
                )
            )
            if response.status_code == 404:
                return found
            names = response.json().get("tags") or []
            found += [str(name) for name in names]
            following = response.links.get("next", {}).get("url")
            url = str(response.url.join(following)) if following and names else None
        return found

    def delete(self, repository: str, target: str) -> bool:
        """Remove a manifest by digest (all its tags go with it) or one tag; False if it was gone.

        Raises ``unsupported`` where the registry does not let anybody delete.
        """
        response = self.http.send(
            Call(
                "DELETE",
                _path(repository, "manifests", target),
                self.http.where(repository, "delete an image"),
                scopes=self.scopes(repository, "pull", "delete"),
                ok=(200, 202, 204, 404),
            )
        )
        return response.status_code != 404

    def _check_manifest(self, ref: Reference, manifest: Manifest) -> None:
        if manifest.media_type not in MANIFESTS:
            raise self._no_image(
                ref, f"its manifest is {self.clean(manifest.media_type) or 'of no known type'}"
            )

    def _no_image(self, ref: Reference, why: str) -> DeploymentError:
        return DeploymentError(
            "registry-error",
            f"{ref} is not a container image that can be used.",
            reason=why,
            remedy="Push it again with a current tool, as an OCI or Docker schema 2 image.",
        )

    def _tampered(self, what: str) -> DeploymentError:
        return DeploymentError(
            "registry-error",
            f"{self.host} gave other bytes than those asked for.",
            reason=f"{what} does not have its digest",
            remedy="Run the same command again; if it stays so, do not trust this registry.",
        )


def _scope(repository: str, actions: frozenset[str]) -> str:
    return f"repository:{repository}:{','.join(sorted(actions))}"


def _path(repository: str, kind: str, target: str) -> str:
    return f"v2/{repository}/{kind}/{quote(target, safe=':')}"


def _as_reference(reference: Reference | str) -> Reference:
    return reference if isinstance(reference, Reference) else parse_reference(reference)
