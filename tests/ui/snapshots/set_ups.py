"""What set-up finds in its pictures: checks, logins, and clouds that a look has asked."""

from __future__ import annotations

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.accounts import Account
from holodeck_tui.deployers.checks import Check
from holodeck_tui.deployers.login import Login
from holodeck_tui.deployers.looking import Found, SeenRegistry
from holodeck_tui.deployers.registries import Product, offers
from holodeck_tui.ui.setting_up import Seen, Survey
from tests.ui.snapshots.conftest import Stage
from tests.ui.snapshots.values import LONG

GUIDE = "holodeck_tui.ui.screens.setup_guide"
SURVEY = "holodeck_tui.ui.screens.setup.survey"
WELL = (
    Check("docker", "ok", "Docker engine 28.2 answers"),
    Check("agent", "ok", "ticket-routing: 2 files"),
    Check("gcloud", "ok", "you@example.com, project my-project"),
)
ILL = (
    *WELL,
    Check("aws", "fail", "there are no credentials", "aws configure sso"),
    Check(
        "registry", "warn", "us-central1-docker.pkg.dev/my-project/agents: it will be made by the first push"
    ),
    Check("azure", "skip", "not the target of these files"),
)
LOGINS = (
    Login("aws", "fail", "AWS does not accept the login: it has expired", "aws sso login --profile work"),
    Login("gcp", "ok", "you@example.com, project my-project"),
    Login("azure", "skip", "you@example.com, subscription Pay as you go"),
)
NOBODY = tuple(
    Login(name, "none", f"no login here; only a deploy to {cloud} needs one", "az login")
    for name, cloud in (("aws", "AWS"), ("gcp", "Google Cloud"), ("azure", "Azure"))
)
REGISTRIES = (
    SeenRegistry("us-central1-docker.pkg.dev/my-project", ("agents", "team"), "us-central1"),
    *(
        SeenRegistry(f"{region}-docker.pkg.dev/my-project", ("agents",), region)
        for region in (
            "asia-east1",
            "asia-northeast1",
            "europe-west1",
            "europe-west4",
            "us-east4",
            "us-west1",
        )
    ),
)
GOOGLE = Found(
    "you@example.com, project my-project",
    {"project_id": ("my-project",), "region": ("us-central1", "europe-west1")},
    REGISTRIES,
    accounts={"docker.io": Account("octo-cat", "docker config")},
)
DENIED = DeploymentError(
    "permission-denied",
    "AWS refuses to list the roles.",
    reason="arn:aws:iam::123456789012:user/you is not authorized to perform iam:ListRoles",
    remedy="Ask for a policy that allows iam:ListRoles, or write the roles yourself.",
)
HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
AWS = Found(
    "123456789012 / us-east-1 as arn:aws:iam::123456789012:user/you",
    {"region": ("us-east-1",)},
    (SeenRegistry(HOST, ("invoice-reader", "translator")),),
    DENIED,
)
LONG_AWS = Found(
    f"123456789012 / us-east-1 as arn:aws:sts::123456789012:assumed-role/{LONG}/you",
    {
        "region": ("us-east-1",),
        "ecr_role_arn": tuple(f"arn:aws:iam::123456789012:role/{LONG}-{number}" for number in range(9)),
    },
    (SeenRegistry(HOST, (LONG, f"{LONG}/日本語の名前")),),
)


async def to_registries(stage: Stage, downs: int) -> None:
    """Set-up, and the target that stands so far below the first."""
    await stage.press("4")
    await stage.until("Ready: d shows")
    await stage.press("t", *("down",) * downs, "enter")


def answer(monkeypatch: pytest.MonkeyPatch, product: Product, found: Found) -> None:
    """Have all be well, and a look at the cloud find this."""
    monkeypatch.setattr(SURVEY, lambda *_: Survey(WELL, LOGINS))
    seen = Seen(found, offers(product, found, "ticket-routing"))
    monkeypatch.setattr(f"{GUIDE}.look_around", lambda *_: seen)
