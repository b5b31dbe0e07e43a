"""Sessions and clients of one region, and the one place where calls are made.

Endpoints are botocore's own business (``AWS_ENDPOINT_URL[_SERVICE]``, the ``services`` section of its
config file). A client whose endpoint is this machine gets dummy credentials, a proxy never, and plain
http anywhere else is refused: a real credential never leaves for either.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.probe import is_loopback
from holodeck_tui.core.threads import interruptible
from holodeck_tui.deployers.aws.errors import AwsError, named, translate

T = TypeVar("T")
Client = Any
"""A client of botocore (what boto3's clients are), whose methods are made at run time."""

Answer = dict[str, Any]

DUMMY = "local-endpoint"
"""Both halves of the key that goes to an endpoint on this machine."""


@dataclass(frozen=True)
class Patience:
    """Timeouts in seconds and how often one call is tried.

    Few tries: what waits longer than a breath waits in :func:`persist`, which looks at the cancel token.
    """

    connect: float
    read: float
    attempts: int


DEPLOY = Patience(connect=5.0, read=30.0, attempts=3)
LIST = Patience(connect=2.0, read=5.0, attempts=2)
"""For listings and dashboards, where a late answer is no answer."""


class Aws:
    """The clients of one region. Nothing is imported or dialled before the first :meth:`client`."""

    def __init__(self, region: str, ctx: Context, patience: Patience = DEPLOY) -> None:
        self.region = region
        self.ctx = ctx
        self.patience = patience
        self._clients: dict[tuple[str, str], Client] = {}
        self._session: Any = None
        # Nobody promises that a session's clients can be made by two threads at once.
        self._guard = threading.RLock()

    def client(self, service: str, *, region: str | None = None) -> Client:
        """A client of ``service``. Raises ``sdk-missing`` and what credentials and settings are wrong."""
        region = region or self.region
        with self._guard:
            if (service, region) not in self._clients:
                try:
                    self._clients[service, region] = self._make(service, region)
                except DeploymentError:
                    raise
                except Exception as error:
                    raise translate(error, f"be reached in {region}", self.ctx.redactor) from error
            return self._clients[service, region]

    def is_local(self, service: str) -> bool:
        """Whether calls of ``service`` stay on this machine."""
        return is_loopback(str(self.client(service).meta.endpoint_url))

    def ask(
        self, service: str, operation: str, doing: str, /, *, region: str | None = None, **body: Any
    ) -> Answer:
        """A question: ends at once when the user says stop. Raises :class:`AwsError`."""
        call = self._call(service, operation, doing, region, body)
        return interruptible(call, self.ctx.cancel)

    def change(
        self, service: str, operation: str, doing: str, /, *, region: str | None = None, **body: Any
    ) -> Answer:
        """A call that changes something: waits for its answer whatever the user says meanwhile."""
        self.ctx.cancel.check()
        call = self._call(service, operation, doing, region, body)
        intent = self.ctx.journal.intent(f"aws {operation}", what=doing)
        try:
            answer = call()
        except BaseException:
            self.ctx.journal.outcome(intent, "failed")
            raise
        self.ctx.journal.outcome(intent, "done")
        return answer

    def pages(
        self,
        service: str,
        operation: str,
        doing: str,
        field: str,
        /,
        *,
        cursor: str = "NextToken",
        **body: Any,
    ) -> Iterator[Any]:
        """Every item of ``field`` in all pages; a page may be empty and still not be the last."""
        following: dict[str, str] = {}
        while True:
            answer = self.ask(service, operation, doing, **body, **following)
            yield from answer.get(field) or ()
            if not answer.get(cursor):
                return
            following = {cursor: str(answer[cursor])}

    def _call(
        self, service: str, operation: str, doing: str, region: str | None, body: dict[str, Any]
    ) -> Callable[[], Answer]:
        def call() -> Answer:
            # Making a client may ask a credential process or the metadata service, which take their time.
            method = getattr(self.client(service, region=region), operation)
            try:
                answer: Answer = method(**body)
            except Exception as error:
                raise translate(error, doing, self.ctx.redactor) from named(error)
            return answer

        return call

    def _make(self, service: str, region: str) -> Client:
        session = self._open()
        if _may_be_pointed_elsewhere(session):
            # Nothing of this one leaves: it only tells where its calls would go.
            client = _client(session, service, region, self.patience, local=True)
            if is_loopback(str(client.meta.endpoint_url)):
                return client
            self._check_https(service, client)
        client = _client(session, service, region, self.patience, local=False)
        self._check_https(service, client)
        return client

    def _check_https(self, service: str, client: Client) -> None:
        url = str(client.meta.endpoint_url)
        if urlsplit(url).scheme != "https":
            raise DeploymentError(
                "config-invalid",
                f"The endpoint of {service} is not used.",
                reason=f"{self.ctx.redactor.clean(url)} is plain http and not this machine",
                remedy="Set AWS_ENDPOINT_URL to an https:// address, or unset it.",
            )

    def _open(self) -> Any:
        if self._session is None:
            require_boto3()
            # Its core alone: boto3 itself brings the transfer manager of S3, which takes as long again.
            import botocore.session

            session = botocore.session.get_session()
            session.set_config_variable("region", self.region)
            session.register_component("data_loader", _models(session.get_config_variable("data_path")))
            self._session = session
        return self._session


@cache
def _models(path: str | None) -> Any:
    """One for the process: reading a service's model takes longer than most calls to it."""
    from botocore.loaders import Loader

    class Models(Loader):  # type: ignore[misc]
        """Takes any folder for a service at first: the loader looks into all four hundred to know one."""

        def list_available_services(self, type_name: str) -> list[str]:
            places = (Path(place) for place in self.search_paths)
            return sorted({one.name for place in places if place.is_dir() for one in place.iterdir()})

    extra = [one for one in (path or "").split(os.pathsep) if one]
    return Models(extra_search_paths=[str(Path(os.path.expandvars(one)).expanduser()) for one in extra])


def _may_be_pointed_elsewhere(session: Any) -> bool:
    """Whether an endpoint is configured anywhere, for whichever service."""
    if any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ):
        return True
    return "endpoint_url" in str(session.full_config)


def require_boto3() -> None:
    """Raises ``sdk-missing``."""
    try:
        there = find_spec("boto3") is not None and find_spec("botocore") is not None
    except ImportError:
        there = False
    if not there:
        raise DeploymentError(
            "sdk-missing",
            "The target aws cannot be used.",
            reason="the Python package boto3 is not installed",
            remedy="pip install 'holodeck-deploy-tui[aws]'",
        )


def _client(session: Any, service: str, region: str, patience: Patience, *, local: bool) -> Client:
    """``local``: for this machine, without the user's credentials and proxies."""
    from botocore.config import Config

    keys = {"aws_access_key_id": DUMMY, "aws_secret_access_key": DUMMY} if local else {}
    config = Config(
        connect_timeout=patience.connect,
        read_timeout=patience.read,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        max_pool_connections=16,
        user_agent_extra="holodeck-deploy-tui",
        # A prefix such as "stream-" makes a name of the local server that nobody knows.
        **({"inject_host_prefix": False, "proxies": {}} if local else {}),
    )
    return session.create_client(service, region_name=region, config=config, **keys)


def persist(
    call: Callable[[], T],
    ctx: Context,
    deadline: Deadline,
    *,
    again: Callable[[AwsError], bool] = lambda error: error.transient,
    pause: float = 1.0,
    longest: float = 15.0,
    told: Literal["never", "once"] = "once",
) -> T:
    """``call()`` until it is answered: what ``again`` accepts is tried again until the deadline.

    The pauses double from ``pause`` to ``longest`` seconds. The first error is told as a detail of the
    step ``run``; the last one is raised as it is.
    """
    while True:
        try:
            return call()
        except AwsError as error:
            if not again(error) or deadline.left <= pause:
                raise
            if told == "once":
                ctx.log("run", [f"{error}; trying again"], detail=True)
                told = "never"
        ctx.cancel.sleep(pause)
        pause = min(longest, pause * 2)
