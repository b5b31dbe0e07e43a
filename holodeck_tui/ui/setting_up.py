"""Setup without a widget: what is found on this machine, what a target needs, the change it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holodeck_tui.config.smallest import repository_name, smallest_section
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.edited_file import EditedFile
from holodeck_tui.ui.editing import overlay_path, refusals
from holodeck_tui.ui.form_fields import FormField, agent_rows

if TYPE_CHECKING:
    from holodeck_tui.deployers.checks import Check
    from holodeck_tui.deployers.discovery import Found
    from holodeck_tui.ui.backend import Backend
    from holodeck_tui.ui.launch import Launch

ECS = "ecs-express"
"""The second product of the provider aws; deploy.yaml says which one."""

TARGETS: Mapping[str, tuple[str, str]] = {
    "local": (
        "This machine",
        "Needs no cloud, no registry and no permission but to start containers (or processes) here.",
    ),
    "aws": (
        "AWS App Runner",
        "Needs an ECR repository and to push there, App Runner services, and to pass the role that pulls.",
    ),
    ECS: (
        "AWS ECS Express Mode",
        "Needs a registry, to run ECS services, and to pass two roles: one that sets up, one that pulls.",
    ),
    "gcp": (
        "Google Cloud Run",
        "Needs Artifact Registry (writer), Cloud Run (admin), and to act as the service's account.",
    ),
    "azure": (
        "Azure Container Apps",
        "Needs a registry, a resource group and a Container Apps environment, and Contributor on them.",
    ),
}
_REGISTRIES = {
    "aws": "ACCOUNT.dkr.ecr.REGION.amazonaws.com",
    ECS: "ACCOUNT.dkr.ecr.REGION.amazonaws.com or ghcr.io",
    "gcp": "REGION-docker.pkg.dev/PROJECT",
    "azure": "NAME.azurecr.io",
}


# Not required by the models, but what a deploy hardly does without, or what a cloud knows better.
_ASKED: Mapping[str, tuple[str, ...]] = {
    "aws": ("region", "ecr_role_arn"),
    ECS: ("region",),
    "gcp": ("region",),
    "azure": ("environment_name", "location"),
}


@dataclass(frozen=True)
class Wanted:
    """One thing to be said of a target. ``proposal`` is filled in already; ``example`` shows the form.

    ``choices`` are what the login saw; another text is as good. What is ``optional`` may stay empty.
    """

    path: tuple[str, ...]
    label: str
    help: str
    proposal: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Proposed:
    """A change that is not written yet, and why it may not be. ``files`` in the order of writing."""

    files: tuple[EditedFile, ...]
    problems: tuple[str, ...]

    @property
    def names(self) -> str:
        """``agent.yaml``, or ``deploy.yaml and agent.yaml``."""
        return " and ".join(file.path.name for file in self.files)


def provider_of(target: str) -> str:
    """The provider of one of :data:`TARGETS`."""
    return "aws" if target == ECS else target


def diagnose(backend: Backend, target: str | None) -> tuple[Check, ...]:
    """What doctor says. Blocks."""
    from holodeck_tui.pipeline.doctor import examine

    launch = backend.launch
    with backend.asking() as ctx:
        found = examine(
            launch.agent if launch.agent.exists() else None,
            scopes=launch.scopes,
            target=provider_of(target) if target else launch.target,
            environment=launch.environment,
            cwd=launch.cwd,
            home=launch.home,
            ctx=ctx,
        )
    return found.checks


def look_around(backend: Backend, target: str) -> Found:
    """What the login of ``target`` sees there. Blocks."""
    from holodeck_tui.pipeline.discover import discover

    with backend.asking() as ctx:
        return discover(provider_of(target), ctx)


def wanted(
    target: str, agent_name: str, choices: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Wanted, ...]:
    """What a cloud's section has no default for, or what was found out; proposals come from ``choices``."""
    seen = choices or {}
    rows = agent_rows({"target": {"provider": provider_of(target)}})
    fields = [
        row
        for row in rows
        if isinstance(row, FormField)
        and (row.required or (row.path[-1] in _ASKED[target] and seen.get(row.path[-1])))
        and row.path[-1] != "provider"
    ]
    # The agent's own repository is proposed even where others are there: sharing one is a choice.
    proposals = {name: values[0] for name, values in seen.items() if values}
    name = repository_name(agent_name)
    proposals["repository"] = name
    if target == "gcp":
        # Artifact Registry's images stand in a repository, below the project.
        folders = seen.get("repository") or ("agents",)
        seen = {**seen, "repository": tuple(f"{folder}/{name}" for folder in folders)}
        proposals["repository"] = seen["repository"][0]
    found = tuple(
        Wanted(
            field.path,
            field.label,
            field.help,
            proposals.get(field.path[-1], ""),
            _REGISTRIES[target] if field.path[-1] == "url" else "",
            seen.get(field.path[-1], ()),
            not field.required,
        )
        for field in fields
    )
    return (*found, *_ecs_roles(seen)) if target == ECS else found


def _ecs_roles(seen: Mapping[str, tuple[str, ...]]) -> tuple[Wanted, ...]:
    """What ECS Express cannot do without; it stands in deploy.yaml."""
    told = (
        ("infrastructure_role_arn", "Infrastructure role", "The role that ECS sets up the service with."),
        ("execution_role_arn", "Execution role", "The role that pulls the image and writes the log."),
    )
    return tuple(
        Wanted(
            ("aws", name),
            label,
            words,
            next(iter(seen.get(name, ())), ""),
            "arn:aws:iam::ACCOUNT:role/NAME",
            seen.get(name, ()),
        )
        for name, label, words in told
    )


def propose(launch: Launch, target: str, given: Sequence[tuple[tuple[str, ...], str]]) -> Proposed:
    """The smallest change that deploys to ``target``. Nothing is written. Blocks.

    Raises ``deployment-exists`` where a section or a target is written already, as ``init`` does.
    """
    if target == "local":
        file = EditedFile(overlay_path(launch))
        if file.document.get(("target",)) is not None:
            raise _exists("deploy.yaml names a target already.")
        file.set(("target",), "local")
    else:
        file = EditedFile(launch.agent)
        if file.document.get(("deployment",)):
            raise _exists(f"{launch.agent.name} has a deployment: section already.")
        tree: dict[str, object] = {}
        for path, text in given:
            if path[0] == "aws":
                continue  # deploy.yaml's
            holder = tree
            for name in path[1:-1]:
                holder = holder.setdefault(name, {})  # type: ignore[assignment]
            if text.strip():
                holder[path[-1]] = text.strip()
        data = file.document.data if isinstance(file.document.data, Mapping) else {}
        file.set(("deployment",), smallest_section(data, provider_of(target), None, None, tree))
    # deploy.yaml first: without a deployment: section it changes nothing, should the second write fail.
    files = (_ecs_overlay(launch, given), file) if target == ECS else (file,)
    return Proposed(files, tuple(one for each in files for one in refusals(launch, each)))


def _ecs_overlay(launch: Launch, given: Sequence[tuple[tuple[str, ...], str]]) -> EditedFile:
    overlay = EditedFile(overlay_path(launch))
    if overlay.document.get(("aws",)):
        raise _exists("deploy.yaml has an aws: section already.")
    roles = {path[-1]: text.strip() for path, text in given if path[0] == "aws" and text.strip()}
    overlay.set(("aws",), {"service": ECS, **roles})
    return overlay


def _exists(message: str) -> DeploymentError:
    return DeploymentError(
        "deployment-exists",
        message,
        reason="setup writes what is not there yet",
        remedy="Change it under Config (3).",
    )
