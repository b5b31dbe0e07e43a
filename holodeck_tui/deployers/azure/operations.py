"""Azure's long-running operations: started once, watched to their end, taken up again after a cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.values import Step
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.errors import BUSY, UNREGISTERED, Task, is_passing, translated, vendor_code
from holodeck_tui.deployers.azure.place import Place
from holodeck_tui.deployers.azure.status import low

if TYPE_CHECKING:
    from azure.core.polling import LROPoller
    from azure.mgmt.appcontainers.models import ContainerApp

T = TypeVar("T")
Begin = Callable[..., "LROPoller[T]"]

# An operation of Azure's own takes at most so long, in seconds; environments take several minutes.
OPERATION_SECONDS = 1200.0
# How often the app is asked whether somebody else's operation has ended, and how often a cut is taken up.
_LOOK = 0.1
_MOST_CUTS = 20
_PROVIDERS_API = "2021-04-01"
_RUNNING = {"inprogress", "deleting"}


def run_operation(azure: Azure, task: Task, begin: Begin[T], *, step: Step, what: str) -> T:
    """Start an operation and wait for its end. A cut connection does not start a second one.

    A subscription that is not registered for Container Apps is registered first. ``busy`` passes
    through: see :func:`settled`. Raises DeploymentError.
    """
    poller = _begin(azure, task, begin, step)
    azure.ctx.wait_for(step, what, OPERATION_SECONDS)
    deadline = Deadline(OPERATION_SECONDS, what)
    cuts = 0
    while True:
        try:
            return _follow(azure, task, poller, deadline)
        except DeploymentError as error:  # noqa: PERF203 - a turn is an operation of minutes
            token = getattr(error.__cause__, "continuation_token", None)
            cuts += 1
            if not token or cuts > _MOST_CUTS or not is_passing(error):
                raise
            azure.ctx.log(step, [f"The connection was cut; {what} goes on, and is watched again."])
            azure.ctx.cancel.sleep(min(azure.interval, deadline.left))
            poller = _again(azure, task, begin, token)


def _begin(azure: Azure, task: Task, begin: Begin[T], step: Step) -> LROPoller[T]:
    try:
        return azure.ask(task, begin)
    except Cancelled as error:
        raise Cancelled(("What Azure was told already goes on there.",)) from error
    except DeploymentError as error:
        if vendor_code(error) != UNREGISTERED:
            raise
    register(azure, step)
    return azure.ask(task, begin)


def _again(azure: Azure, task: Task, begin: Begin[T], token: str) -> LROPoller[T]:
    return azure.ask(task, lambda: begin(continuation_token=token))


def _follow(azure: Azure, task: Task, poller: LROPoller[T], deadline: Deadline) -> T:
    while not poller.done():
        with _goes_on():
            azure.ctx.cancel.sleep(_LOOK)
        deadline.check(remedy="holodeck-deploy-tui status")
    with translated(azure.ctx, task):
        return poller.result()


@contextmanager
def _goes_on() -> Iterator[None]:
    try:
        yield
    except Cancelled as error:
        raise Cancelled(("The operation goes on in Azure; the next run takes it up.",)) from error


def settled(azure: Azure, place: Place, app: str, *, step: Step, seconds: float) -> ContainerApp | None:
    """The app once no operation runs on it; None where there is none. Takes up what an earlier run began.

    Raises ``busy`` after ``seconds``.
    """
    deadline = Deadline(seconds, f"the operation that runs on {app}")
    told = False
    while True:
        found = azure.find_app(place.group, app)
        if found is None or low(found.properties and found.properties.provisioning_state) not in _RUNNING:
            return found
        if not told:
            told = True
            azure.ctx.wait_for(step, f"the operation that already runs on {app}", seconds)
        deadline.check(code="busy", remedy="holodeck-deploy-tui status")
        azure.ctx.cancel.sleep(min(azure.interval, max(0.01, deadline.left)))


def when_free(azure: Azure, place: Place, app: str, act: Callable[[], T], *, step: Step, seconds: float) -> T:
    """``act()``, again and again while Azure answers that another operation runs on the app.

    Raises ``busy``, which says how long was waited.
    """
    deadline = Deadline(seconds, f"the operation that runs on {app}")
    told = False
    while True:
        try:
            return act()
        except DeploymentError as error:
            if vendor_code(error) != BUSY:
                raise
        if not told:
            told = True
            azure.ctx.wait_for(step, f"another operation on {app} to end", seconds)
        azure.ctx.cancel.sleep(min(azure.interval, max(0.01, deadline.left)))
        deadline.check(code="busy", remedy="holodeck-deploy-tui status")
        settled(azure, place, app, step=step, seconds=max(0.01, deadline.left))


def switch(azure: Azure, place: Place, app: str, *, on: bool) -> None:
    """Start or stop all replicas of an app."""
    word = "started" if on else "stopped"
    task = Task(f"{app} could not be {word}.", "deploy-failed")
    apps = azure.sdk.container_apps
    intent = azure.ctx.journal.intent("start app" if on else "stop app", name=app)

    def begin(**more: Any) -> LROPoller[ContainerApp]:
        return (apps.begin_start if on else apps.begin_stop)(place.group, app, **azure.call, **more)

    def act() -> None:
        run_operation(azure, task, begin, step="run", what=f"{app} to be {word}")

    when_free(azure, place, app, act, step="run", seconds=OPERATION_SECONDS)
    azure.ctx.journal.outcome(intent, "done")


def register(azure: Azure, step: Step, *, seconds: float = 300.0) -> None:
    """Have the subscription use Container Apps, as a plain call of Microsoft's package would by itself."""
    task = Task("The subscription could not be registered for Container Apps.", "permission-denied")
    path = f"/subscriptions/{azure.subscription}/providers/Microsoft.App"
    deadline = Deadline(seconds, "the registration of Microsoft.App")
    intent = azure.ctx.journal.intent("register provider", provider="Microsoft.App")
    azure.request("POST", f"{path}/register", _PROVIDERS_API, task)
    azure.ctx.wait_for(step, "the registration of Microsoft.App", seconds)
    while low(registration(azure)) != "registered":
        deadline.check(remedy="az provider show --namespace Microsoft.App --query registrationState")
        azure.ctx.cancel.sleep(min(azure.interval, deadline.left))
    azure.ctx.journal.outcome(intent, "done")


def registration(azure: Azure) -> str:
    """``Registered``, ``Registering``, ``NotRegistered`` …: what Azure says of Microsoft.App."""
    task = Task("Whether the subscription uses Container Apps could not be asked.")
    path = f"/subscriptions/{azure.subscription}/providers/Microsoft.App"
    found: Any = azure.request("GET", path, _PROVIDERS_API, task).get("registrationState")
    return str(found or "unknown")
