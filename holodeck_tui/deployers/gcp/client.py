"""Google's clients: who they are logged in as, where they call, and how a call is made and repeated."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.imports import import_requests
from holodeck_tui.core.probe import is_loopback
from holodeck_tui.core.threads import interruptible
from holodeck_tui.deployers.gcp.errors import is_transient, translated

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud.artifactregistry_v1 import ArtifactRegistryClient
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
    from google.cloud.run_v2 import RevisionsClient, ServicesClient
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

T = TypeVar("T")

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
# As gcloud reads them (gcloud topic configurations, api_endpoint_overrides).
OVERRIDE = "CLOUDSDK_API_ENDPOINT_OVERRIDES_"
# Seconds one question may take; those of a listing are shorter, its page must not stall a screen.
CALL_SECONDS = 20.0
LIST_SECONDS = 4.0
# Seconds that faults of the network and throttling are sat out.
PATIENCE = 60.0
# A machine of Google's answers its own metadata server within milliseconds; elsewhere google-auth would
# wait for three times three seconds and more before it says that there is no login.
_METADATA = {"GCE_METADATA_TIMEOUT": "1", "GCE_METADATA_DETECT_RETRIES": "1"}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.3, 8.0


class Clients:
    """One login, and one client per API, each made when it is first used. For many threads."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._made: dict[str, Any] = {}
        self._guard = threading.RLock()

    @property
    def services(self) -> ServicesClient:
        """Cloud Run services, with the operations on them."""
        return self._client("RUN", _services)  # type: ignore[no-any-return]

    @property
    def revisions(self) -> RevisionsClient:
        """Cloud Run revisions."""
        return self._client("RUN", _revisions)  # type: ignore[no-any-return]

    @property
    def logging(self) -> LoggingServiceV2Client:
        """Cloud Logging, with its tail (the high-level client has none)."""
        return self._client("LOGGING", _logging)  # type: ignore[no-any-return]

    @property
    def secrets(self) -> SecretManagerServiceClient:
        """Secret Manager."""
        return self._client("SECRETMANAGER", _secrets)  # type: ignore[no-any-return]

    @property
    def artifacts(self) -> ArtifactRegistryClient:
        """Artifact Registry."""
        return self._client("ARTIFACTREGISTRY", _artifacts)  # type: ignore[no-any-return]

    def credentials(self) -> Credentials:
        """Application default credentials, renewed if need be.

        Raises ``credentials-missing``, ``credentials-expired``, ``credentials-invalid``, ``network``.
        """
        with self._guard:
            if "credentials" not in self._made:
                try:
                    self._made["credentials"] = interruptible(self._log_in, self._ctx.cancel)
                except Cancelled:
                    raise
                except DeploymentError as error:
                    # Looking for a login that is not there takes seconds; once a run is enough.
                    self._made["credentials"] = error
            made: Credentials | DeploymentError = self._made["credentials"]
            if isinstance(made, DeploymentError):
                raise made
            return made

    def is_local(self, api: str) -> bool:
        """Whether calls of ``api`` stay on this machine."""
        url = self._ctx.environ.get(OVERRIDE + api, "")
        return bool(url) and is_loopback(url)

    def call(
        self,
        doing: str,
        function: Callable[..., T],
        request: object,
        *,
        seconds: float = CALL_SECONDS,
        patience: float = PATIENCE,
        recover: Callable[[], T | None] = lambda: None,
    ) -> T:
        """``function(request)``: the SDK's own repeating is off, ours ends at once on a cancel.

        The default of Google's clients stalls for many seconds even where a timeout is given. ``recover``
        is asked before a repeat: what a cut call has done already is not done again.
        """
        deadline = Deadline(patience, doing)
        pause = _FIRST_PAUSE
        while True:
            try:
                return interruptible(
                    lambda: function(request=request, retry=None, timeout=seconds), self._ctx.cancel
                )
            except Cancelled:
                raise
            except Exception as error:
                with translated(doing, self._ctx):
                    if not is_transient(error) or deadline.left <= pause:
                        raise
            self._ctx.cancel.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - spreads repeats
            pause = min(_LONGEST_PAUSE, pause * 2)
            found = recover()
            if found is not None:
                return found

    def all(
        self,
        doing: str,
        function: Callable[..., Iterable[T]],
        request: object,
        *,
        seconds: float = CALL_SECONDS,
        patience: float = PATIENCE,
    ) -> list[T]:
        """Every entry of every page of a listing, as :meth:`call` makes it."""
        return self.call(
            doing,
            lambda **options: [*function(**options)],
            request,
            seconds=seconds,
            patience=patience,
        )

    def _client(self, api: str, make: Callable[..., Any]) -> Any:
        with self._guard:
            if make.__name__ not in self._made:
                # gRPC's own remarks would stand between the lines of this tool; errors arrive as exceptions.
                os.environ.setdefault("GRPC_VERBOSITY", "NONE")
                with translated("Preparing the calls to Google Cloud", self._ctx):
                    import_requests()
                    self._made[make.__name__] = make(**self._options(api))
            return self._made[make.__name__]

    def _options(self, api: str) -> dict[str, Any]:
        url = self._ctx.environ.get(OVERRIDE + api, "")
        if not url:
            return {"credentials": self.credentials()}
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise _unsafe(api, "it is not a URL such as https://run.googleapis.com/")
        if parts.scheme == "http" and not is_loopback(url):
            raise _unsafe(api, "plain http is for this machine only")
        if parts.scheme == "http":
            import grpc

            # Neither a proxy nor a limit on the size of an answer belongs between here and here.
            options = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", -1)]
            return {"channel": grpc.insecure_channel(parts.netloc, options=options)}
        from google.auth.credentials import AnonymousCredentials

        # A real login never leaves for a server of this machine.
        credentials = AnonymousCredentials() if is_loopback(url) else self.credentials()  # type: ignore[no-untyped-call]
        return {"credentials": credentials, "client_options": {"api_endpoint": parts.netloc}}

    def _log_in(self) -> Credentials:
        with translated("Logging in to Google Cloud", self._ctx):
            for name, value in _METADATA.items():
                os.environ.setdefault(name, value)
            import_requests()
            import google.auth
            from google.auth.transport.requests import Request

            credentials, _project = google.auth.default(scopes=_SCOPES)
            # Inside gRPC a failure to renew looks like a server that is away: renew before.
            if not credentials.valid:
                credentials.refresh(Request())  # type: ignore[no-untyped-call]
            if credentials.token:
                self._ctx.redactor.add(str(credentials.token))
            return credentials


def _services(*, channel: Any = None, **options: Any) -> Any:
    from google.cloud.run_v2 import ServicesClient
    from google.cloud.run_v2.services.services.transports import ServicesGrpcTransport

    return (
        ServicesClient(transport=ServicesGrpcTransport(channel=channel))
        if channel
        else ServicesClient(**options)
    )


def _revisions(*, channel: Any = None, **options: Any) -> Any:
    from google.cloud.run_v2 import RevisionsClient
    from google.cloud.run_v2.services.revisions.transports import RevisionsGrpcTransport

    return (
        RevisionsClient(transport=RevisionsGrpcTransport(channel=channel))
        if channel
        else RevisionsClient(**options)
    )


def _logging(*, channel: Any = None, **options: Any) -> Any:
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client as Client
    from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport

    return Client(transport=LoggingServiceV2GrpcTransport(channel=channel)) if channel else Client(**options)


def _secrets(*, channel: Any = None, **options: Any) -> Any:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient as Client
    from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
        SecretManagerServiceGrpcTransport,
    )

    return (
        Client(transport=SecretManagerServiceGrpcTransport(channel=channel)) if channel else Client(**options)
    )


def _artifacts(*, channel: Any = None, **options: Any) -> Any:
    from google.cloud.artifactregistry_v1 import ArtifactRegistryClient as Client
    from google.cloud.artifactregistry_v1.services.artifact_registry.transports import (
        ArtifactRegistryGrpcTransport,
    )

    return Client(transport=ArtifactRegistryGrpcTransport(channel=channel)) if channel else Client(**options)


def _unsafe(api: str, why: str) -> DeploymentError:
    return DeploymentError(
        "config-invalid",
        f"{OVERRIDE}{api} cannot be used.",
        reason=why,
        remedy=f"Write it as https://host/ or http://127.0.0.1:PORT/, or unset {OVERRIDE}{api}.",
    )
