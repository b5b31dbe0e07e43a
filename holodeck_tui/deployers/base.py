"""What every target offers: four calls all have, and one small protocol per further capability."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol, runtime_checkable

from holodeck_tui.bundle.bundle import Bundle
from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.values import NOTHING, Change, Deployment, ImageRef, ServiceRef, Status
from holodeck_tui.image.credentials import CredentialSource


@dataclass(frozen=True)
class Secret:
    """A value the container gets by reference: exactly one of ``text`` and ``ref`` is set.

    ``text`` may hold ``${VAR}``; it is expanded by ``Settings.variables`` when it is handed to the
    target's secret store and never before. ``ref`` is the vendor's reference to what stands there.
    """

    name: str
    text: str | None = None
    ref: str | None = None


@dataclass(frozen=True)
class Health:
    """Where and how long to ask whether the agent is well. ``smoke`` is one chat message."""

    path: str = "/health"
    ready: str = "/ready"
    timeout: float = 180.0
    smoke: str | None = None


@dataclass(frozen=True)
class ServiceSpec:
    """What shall run. Values in ``env`` may hold ``${VAR}``: expand them at the last moment only.

    ``image`` is None where the target runs the bundle itself (this machine's process runtime).
    ``tags`` are plain facts every created resource carries: ``managed-by``, agent, environment,
    content hash, version. Sizes and scaling stand in ``settings``.
    """

    name: str
    provider: str
    agent: str
    environment: str | None
    image: ImageRef | None
    bundle: Bundle
    settings: Settings
    port: int
    protocol: Literal["rest", "ag-ui"]
    env: Mapping[str, str] = NOTHING
    secrets: tuple[Secret, ...] = ()
    health: Health = field(default_factory=Health)
    tags: Mapping[str, str] = NOTHING


@dataclass(frozen=True)
class Needs:
    """What a target needs before it can run: an image at all, one in a registry, which platform.

    ``reason`` says in a few words why (shown by plan and in skipped steps). ``pull_from`` None means
    any registry; a refusal is raised by :meth:`BaseDeployer.needs` before anything is built.
    """

    image: bool
    registry: bool
    platform: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class LogQuery:
    """Which lines: ``follow`` goes on until cancelled; ``tail`` last lines; ``since`` a moment."""

    follow: bool = False
    tail: int | None = None
    since: datetime | None = None
    system: bool = False


@dataclass(frozen=True)
class LogLine:
    """One line of a service's log, raw as the target gave it: whoever emits it cleans it.

    ``source``: the revision that wrote it, where the target says so.
    """

    text: str
    timestamp: datetime | None = None
    source: str = ""


@dataclass(frozen=True)
class Destruction:
    """What destroying removes and what stays, each a phrase for people; ``stays`` says why."""

    ref: ServiceRef
    goes: tuple[str, ...]
    stays: tuple[str, ...] = ()


@dataclass(frozen=True)
class Revision:
    """One revision that can be gone back to; newest first in listings."""

    name: str
    image_uri: str | None
    created_at: datetime | None
    active: bool
    detail: str = ""


class BaseDeployer(ABC):
    """One target. Constructed without touching the network; every call may block, so run it in a thread.

    Every method raises :class:`~holodeck_tui.core.errors.DeploymentError` only, with the vendor's
    errors translated, and honours ``ctx.cancel`` in every wait.
    """

    provider: ClassVar[str]

    @abstractmethod
    def needs(self, settings: Settings, ctx: Context) -> Needs:
        """What must be made first. Refuses a registry the target cannot pull from. May ask an engine."""

    @abstractmethod
    def service_name(self, settings: Settings) -> str:
        """The name the target accepts, derived from agent and environment; stable, no collisions."""

    @abstractmethod
    def find(self, settings: Settings, ctx: Context) -> ServiceRef | None:
        """The deployment of this agent and environment in the configured scope, or None."""

    @abstractmethod
    def deploy(self, spec: ServiceSpec, ctx: Context) -> Deployment:
        """Create or update: idempotent, never a duplicate; the new revision is up when it returns.

        ``Deployment.state`` is the target's own judgement; the pipeline proves health afterwards.
        When the new revision fails, the old one keeps serving and the error carries the last lines
        of the new one's log.
        """

    @abstractmethod
    def get_status(self, ref: ServiceRef, ctx: Context) -> Status:
        """The judged state now; a deployment that is gone is ``missing``, no error."""

    @abstractmethod
    def plan_destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """What :meth:`destroy` would remove. Changes nothing."""

    @abstractmethod
    def destroy(self, ref: ServiceRef, ctx: Context) -> Destruction:
        """Remove what we made (and carries our tag). What is gone already is success."""

    @abstractmethod
    def stream_logs(self, ref: ServiceRef, query: LogQuery, ctx: Context) -> Iterator[LogLine]:
        """History, then new lines while ``query.follow``: in order, none twice, none lost."""


@runtime_checkable
class Listable(Protocol):
    """Can list every deployment of ours in a scope, without local files."""

    def list(self, scope: str, ctx: Context) -> list[Status]:
        """All of ours there; fields the listing does not tell are None."""


@runtime_checkable
class Plannable(Protocol):
    """Can compare what runs with what would be sent."""

    def changes(self, spec: ServiceSpec, ctx: Context) -> list[Change]:
        """Property by property; empty when a deploy would change nothing. Secrets are ``***``."""


@runtime_checkable
class Reversible(Protocol):
    """Can go back to an earlier revision."""

    def revisions(self, ref: ServiceRef, ctx: Context) -> list[Revision]:
        """Newest first, the serving one marked active."""

    def rollback(self, ref: ServiceRef, to: str | None, ctx: Context) -> Deployment:
        """Go back to ``to``, or to the one before the active one."""


@runtime_checkable
class Pausable(Protocol):
    """Can be stopped without being removed."""

    def pause(self, ref: ServiceRef, ctx: Context) -> Status:
        """Stop serving, keep everything."""

    def resume(self, ref: ServiceRef, ctx: Context) -> Status:
        """Serve again."""


@runtime_checkable
class Divided(Protocol):
    """Has several services, of which one can do what another cannot."""

    def owner(self, ref: ServiceRef) -> BaseDeployer:
        """The one that has this deployment."""


@runtime_checkable
class Restrictable(Protocol):
    """Can keep a service for callers with the cloud's own identity token: others get 401 or 403."""

    def restricted(self, ref: ServiceRef, ctx: Context) -> bool:
        """Whether this one is kept so; its health is then the target's to tell."""


@runtime_checkable
class HasRegistry(Protocol):
    """Has a registry of its own that it can log in to and make repositories in."""

    def credential_sources(self, settings: Settings) -> Sequence[CredentialSource]:
        """Who can log in to it. Touches no network until asked for a host of that cloud."""

    def create_repository(self, settings: Settings, ctx: Context) -> bool:
        """Make the repository of the settings' registry; False where it is there, or not that cloud's."""
