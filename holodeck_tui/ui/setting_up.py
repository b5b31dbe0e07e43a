"""Setup without a widget: what is found on this machine and in a cloud, the change that a target makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holodeck_tui.config.smallest import smallest_section
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.edited_file import EditedFile
from holodeck_tui.ui.editing import overlay_path, refusals
from holodeck_tui.ui.questions import ECS, provider_of

if TYPE_CHECKING:
    from holodeck_tui.deployers.checks import Check
    from holodeck_tui.pipeline.discover import Found, Login, Looking, Offer
    from holodeck_tui.ui.backend import Backend
    from holodeck_tui.ui.launch import Launch

TARGETS: Mapping[str, tuple[str, str]] = {
    "local": (
        "This machine",
        "Costs nothing: no cloud, no registry, no permission but to start containers (or processes) here.",
    ),
    "aws": (
        "AWS App Runner",
        "Needs ECR, App Runner services, and to pass the role that pulls. Closed to new customers of AWS.",
    ),
    ECS: (
        "AWS ECS Express Mode",
        "Needs a registry, to run ECS services, and to pass two roles: one that sets up, one that pulls.",
    ),
    "gcp": (
        "Google Cloud Run",
        "Needs a registry, Cloud Run (admin), and to act as the service's account.",
    ),
    "azure": (
        "Azure Container Apps",
        "Needs a registry, a resource group and a Container Apps environment, and Contributor on them.",
    ),
}


@dataclass(frozen=True)
class Survey:
    """What is found here. ``placed``: something says where the agent shall run."""

    checks: tuple[Check, ...]
    logins: tuple[Login, ...] = ()
    placed: bool = True


@dataclass(frozen=True)
class Seen:
    """What a look at a cloud has brought, and the registries that can be chosen."""

    found: Found
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class Proposed:
    """What would be written. ``files`` are those that change, in the order of writing."""

    files: tuple[EditedFile, ...]
    problems: tuple[str, ...]

    @property
    def names(self) -> str:
        """``agent.yaml``, or ``deploy.yaml and agent.yaml``."""
        return " and ".join(file.path.name for file in self.files)


def survey(backend: Backend) -> Survey:
    """Look at this machine, the agent, its target and the logins. Blocks."""
    from holodeck_tui.deployers.checks import Check
    from holodeck_tui.pipeline.discover import known_logins
    from holodeck_tui.pipeline.doctor import examine

    launch = backend.launch
    with backend.asking() as ctx:
        found = examine(
            launch.agent if launch.agent.exists() else None,
            scopes=launch.scopes,
            target=launch.target,
            environment=launch.environment,
            cwd=launch.cwd,
            home=launch.home,
            ctx=ctx,
        )
        logins = known_logins(ctx)
    try:
        backend.settings(rehearsal=True)
    except DeploymentError as error:
        checks = found.checks
        if error.code == "agent-not-found":
            # doctor looks at a machine alone as well; the app has nothing to deploy then.
            checks = (Check("agent", "fail", str(error), error.remedy), *checks)
        return Survey(checks, logins, error.code != "deployment-missing")
    return Survey(found.checks, logins)


def prove_logins(backend: Backend, logins: Sequence[Login]) -> tuple[Login, ...]:
    """The same, asked of the clouds themselves. Blocks."""
    from holodeck_tui.pipeline.discover import ask_logins

    with backend.asking() as ctx:
        return ask_logins(logins, ctx)


def places_of(backend: Backend, target: str) -> tuple[tuple[str, str], ...]:
    """The subscriptions that the login of ``target`` sees: id and name. Blocks for a file of this machine."""
    from holodeck_tui.pipeline.discover import places

    with backend.asking() as ctx:
        return places(provider_of(target), ctx)


def look_around(backend: Backend, target: str, looking: Looking) -> Seen:
    """What the login of ``target`` sees there. Blocks, as long as ``looking`` lets it."""
    from holodeck_tui.config.variables import Variables
    from holodeck_tui.pipeline.discover import discover, offers

    launch = backend.launch
    variables = Variables(launch.environ, cwd=launch.cwd, agent_dir=launch.agent.parent, home=launch.home)
    looking.product = "app-runner" if target == "aws" else target
    with backend.asking() as ctx:
        found = discover(provider_of(target), ctx, looking, variables.get)
    return Seen(found, offers(looking.product, found, agent_name(launch)))  # type: ignore[arg-type]


def agent_name(launch: Launch) -> str:
    """As the file says; empty where it says none. Raises what reading does."""
    data = EditedFile(launch.agent).document.data
    return str(data.get("name", "")) if isinstance(data, Mapping) else ""


def propose(launch: Launch, target: str, given: Sequence[tuple[tuple[str, ...], str]]) -> Proposed:
    """The smallest change that deploys to ``target``; what is there beside it stays. Blocks.

    ``given`` are paths and answers; those that do not begin with ``deployment`` are deploy.yaml's.
    Nothing is written. Raises what reading the files raises.
    """
    overlay, agent = EditedFile(overlay_path(launch)), EditedFile(launch.agent)
    provider = provider_of(target)
    if target == "local":
        _put(overlay, ("target",), "local")
    else:
        _put_section(agent, provider, given)
        if overlay.document.get(("target",)) is not None:
            # It would go on to decide.
            _put(overlay, ("target",), provider)
        if target == ECS or (provider == "aws" and overlay.document.get(("aws", "service")) is not None):
            _put(overlay, ("aws", "service"), ECS if target == ECS else "app-runner")
        for path, text in given:
            if path[0] != "deployment" and text.strip():
                _put(overlay, path, text.strip())
    # deploy.yaml first: without a deployment: section it changes little, should the second write fail.
    files = tuple(file for file in (overlay, agent) if file.changed)
    return Proposed(files, tuple(one for each in files for one in refusals(launch, each)))


def _put_section(agent: EditedFile, provider: str, given: Sequence[tuple[tuple[str, ...], str]]) -> None:
    tree: dict[str, object] = {}
    for path, text in given:
        if path[0] == "deployment" and text.strip():
            holder = tree
            for name in path[1:-1]:
                holder = holder.setdefault(name, {})  # type: ignore[assignment]
            holder[path[-1]] = text.strip()
    data = agent.document.data if isinstance(agent.document.data, Mapping) else {}
    section = smallest_section(data, provider, None, None, tree)
    if not agent.document.get(("deployment",)):
        agent.set(("deployment",), section)
        return
    for name, value in section["registry"].items():
        _put(agent, ("deployment", "registry", name), value)
    if agent.document.get(("deployment", "target", "provider")) != provider:
        _put(agent, ("deployment", "target"), section["target"])
        return
    for name, value in section["target"][provider].items():
        _put(agent, ("deployment", "target", provider, name), value)


def _put(file: EditedFile, path: tuple[str, ...], value: object) -> None:
    """A value that is there already keeps its spelling."""
    if file.document.get(path) != value:
        file.set(path, value)
