"""What a target has to be told: only what was not found out, each with a proposal. No widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from holodeck_tui.deployers.registries import Offer
from holodeck_tui.ui.form_fields import FormField, agent_rows

ECS = "ecs-express"
"""The second product of the provider aws; deploy.yaml says which one."""

# Not required by the models, but what a deploy hardly does without, or what a cloud knows better.
_ASKED: Mapping[str, tuple[str, ...]] = {
    "aws": ("region", "ecr_role_arn"),
    ECS: ("region",),
    "gcp": ("region",),
    "azure": ("environment_name", "location"),
}
_ROLE = "arn:aws:iam::ACCOUNT:role/NAME"
_WORDS = {
    "url": ("Registry", "where the image is kept, and where the target gets it from"),
    "repository": ("Repository", "the name of the image there"),
}


def _nothing(_value: str) -> str:
    return ""


@dataclass(frozen=True)
class Wanted:
    """One thing to be said of a target. ``proposal`` is filled in already; ``example`` shows the form.

    ``choices`` are what the login saw; another text is as good. What is ``optional`` may stay empty.
    ``told`` is a remark about a value.
    """

    path: tuple[str, ...]
    label: str
    help: str
    proposal: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False
    told: Callable[[str], str] = _nothing


def provider_of(target: str) -> str:
    """The provider of a target of set-up."""
    return "aws" if target == ECS else target


def wanted(
    target: str, offer: Offer, choices: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Wanted, ...]:
    """What a cloud's section has no default for, or what was found out; proposals come from ``choices``."""
    seen = dict(choices or {})
    if offer.region and "region" in seen:
        # Where the image is, the service starts soonest.
        seen["region"] = tuple(dict.fromkeys((offer.region, *seen["region"])))
    rows = agent_rows({"target": {"provider": provider_of(target)}})
    fields = [
        row
        for row in rows
        if isinstance(row, FormField)
        and (row.required or (row.path[-1] in _ASKED[target] and seen.get(row.path[-1])))
        and row.path[-1] != "provider"
    ]
    found = tuple(_question(field, offer, seen) for field in fields)
    if target == ECS:
        return (*found, *_ecs_roles(seen))
    if target == "aws":
        return (*found, _reader(seen))
    return (*found, _puller(seen)) if offer.kind == "acr" else found


def _question(field: FormField, offer: Offer, seen: Mapping[str, tuple[str, ...]]) -> Wanted:
    name = field.path[-1]
    label, words = _WORDS.get(name, (field.label, field.help))
    if name == "url":
        return Wanted(field.path, label, words, offer.url, offer.example)
    if name == "repository":
        return Wanted(
            field.path,
            label,
            words,
            offer.repository,
            offer.repository_example,
            offer.repositories,
            told=offer.told,
        )
    values = seen.get(name, ())
    return Wanted(field.path, label, words, next(iter(values), ""), "", values, not field.required)


def _reader(seen: Mapping[str, tuple[str, ...]]) -> Wanted:
    """What App Runner reads secrets with; it stands in deploy.yaml."""
    values = seen.get("instance_role_arn", ())
    return Wanted(
        ("aws", "instance_role_arn"),
        "Instance role",
        "reads the agent's secrets; may stay empty where it has none",
        _only(values),
        _ROLE,
        values,
        True,
    )


def _only(values: tuple[str, ...]) -> str:
    """What the agent itself may do is nobody's to guess among several."""
    return values[0] if len(values) == 1 else ""


def _puller(seen: Mapping[str, tuple[str, ...]]) -> Wanted:
    """Who pulls from Azure's own registry; it stands in deploy.yaml."""
    values = seen.get("identity", ())
    return Wanted(
        ("azure", "identity"),
        "Identity that pulls",
        "one with AcrPull on the registry; empty: HOLODECK_REGISTRY_USERNAME and _PASSWORD say a login",
        _only(values),
        "/subscriptions/…/userAssignedIdentities/NAME",
        values,
        True,
    )


def _ecs_roles(seen: Mapping[str, tuple[str, ...]]) -> tuple[Wanted, ...]:
    """What ECS Express cannot do without; it stands in deploy.yaml."""
    told = (
        (
            "infrastructure_role_arn",
            "Infrastructure role",
            "sets up the service; with AmazonECSInfrastructureRoleforExpressGatewayServices",
        ),
        (
            "execution_role_arn",
            "Execution role",
            "pulls the image and writes the log; with AmazonECSTaskExecutionRolePolicy",
        ),
    )
    return tuple(
        Wanted(
            ("aws", name),
            label,
            words,
            next(iter(seen.get(name, ())), ""),
            _ROLE,
            seen.get(name, ()),
        )
        for name, label, words in told
    )
