"""The values that pass between stages: frozen, in the field's own terms, without any secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

Provider = Literal["local", "aws", "gcp", "azure"]
PROVIDERS: tuple[str, ...] = get_args(Provider)

State = Literal["healthy", "deploying", "degraded", "unhealthy", "stopped", "failed", "missing", "unknown"]
STATES: tuple[str, ...] = get_args(State)

Step = Literal["bundle", "build", "push", "run", "verify"]
STEPS: tuple[Step, ...] = get_args(Step)


class _Nothing(Mapping[str, str]):
    """An empty mapping that dataclasses of Python 3.11 take as a default: it can be hashed."""

    def __getitem__(self, key: str) -> str:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"


NOTHING: Mapping[str, str] = _Nothing()


@dataclass(frozen=True)
class ImageRef:
    """An image: ``uri`` (``host/repository:tag``) is for people, ``digest`` is what is deployed.

    ``digest`` is the manifest digest ``sha256:<64 hex>`` once it is in a registry; for an image that
    only an engine has it is the engine's image ID of the same form and ``in_registry`` is false.
    ``platform`` is ``os/architecture``.
    """

    uri: str
    digest: str
    platform: str = "linux/amd64"
    in_registry: bool = False

    @property
    def repository(self) -> str:
        """``host/repository`` without the tag."""
        head, _, last = self.uri.rpartition("/")
        name = last.partition(":")[0]
        return f"{head}/{name}" if head else name

    @property
    def pinned(self) -> str:
        """What a target is told to run: ``repository@digest``, or the image ID on this machine."""
        return f"{self.repository}@{self.digest}" if self.in_registry else self.digest

    def as_json(self) -> dict[str, str]:
        """``{"uri", "digest"}``."""
        return {"uri": self.uri, "digest": self.digest}


@dataclass(frozen=True)
class ServiceRef:
    """Names one deployment; enough to ask, watch or remove it from another machine.

    ``scope`` is ``local``, ``aws:REGION``, ``gcp:PROJECT/LOCATION`` or ``azure:SUBSCRIPTION/GROUP``;
    ``service_id`` is the vendor's own id (ARN, resource name, container name); ``environment`` the
    named environment of deploy.yaml, if any.
    """

    provider: str
    service_id: str
    name: str
    scope: str
    agent: str
    environment: str | None = None


@dataclass(frozen=True)
class Deployment:
    """What a deploy made: the running service, as the target and the health probe see it."""

    ref: ServiceRef
    url: str | None
    state: State
    revision: str | None
    image: ImageRef | None = None

    def as_json(self) -> dict[str, Any]:
        """The ``deployment`` object of a ``result`` line."""
        return {
            "provider": self.ref.provider,
            "service_id": self.ref.service_id,
            "service_name": self.ref.name,
            "url": self.url,
            "state": self.state,
            "revision": self.revision,
        }


@dataclass(frozen=True)
class Heard:
    """How long /health took to say that all is well, in milliseconds; None: it did not say so."""

    took_ms: float | None


@dataclass(frozen=True)
class Status:
    """The judged state of a deployment. None means "this listing does not tell".

    ``heard`` is there where who judged has asked /health for it just now. It is in no document.
    """

    ref: ServiceRef
    state: State | None
    detail: str = ""
    url: str | None = None
    image_uri: str | None = None
    revision: str | None = None
    created_at: datetime | None = None
    checked_at: datetime | None = None
    heard: Heard | None = field(default=None, compare=False)

    def as_json(self) -> dict[str, Any]:
        """The document of ``status``, and one entry of ``list``."""
        return {
            "agent": self.ref.agent,
            "provider": self.ref.provider,
            "service_id": self.ref.service_id,
            "service_name": self.ref.name,
            "url": self.url,
            "state": self.state,
            "detail": self.detail,
            "image_uri": self.image_uri,
            "revision": self.revision,
            "checked_at": None if self.checked_at is None else rfc3339(self.checked_at),
        }


@dataclass(frozen=True)
class Change:
    """One property that differs: dotted ``path``, what is there now, what would be sent.

    Values are plain JSON values; a secret is ``***``; None means absent.
    """

    path: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        """``{path, from, to}``."""
        return {"path": self.path, "from": self.before, "to": self.after}


def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds and a Z, e.g. ``2026-11-23T13:20:36.000Z``."""
    from datetime import timezone

    utc = moment.astimezone(timezone.utc)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"
