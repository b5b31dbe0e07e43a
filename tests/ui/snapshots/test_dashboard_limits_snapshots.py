"""The dashboard with hundreds of rows and long words, on every size of terminal."""

from __future__ import annotations

import pytest

from holodeck_tui.core.errors import DeploymentError
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.values import AWS, AZURE, EXPIRED, GCP, LOCAL, LONG, LONG_ONES, UNREACHED, service

pytestmark = pytest.mark.ui
MANY = {
    scope: [
        service(f"{scope.partition(':')[0]}-agent-{number:03}", scope, env=("prod", "staging")[number % 2])
        for number in range(125)
    ]
    for scope in (LOCAL, AWS, GCP, AZURE)
}


async def many(stage: Stage) -> None:
    """500 deployments in four scopes."""
    stage.watch(*MANY)
    for scope, statuses in MANY.items():
        stage.tell(scope, statuses)
    await stage.until("500 deployments")
    # The cursor stays on what was there first, and whether that was drawn alone is a matter of time.
    await stage.press("home")
    await stage.until("aws-agent-000")


@pytest.mark.parametrize("look", [{"size": (120, 40)}, {"size": (200, 60)}], ids=["120x40", "200x60"])
def test_five_hundred_in_four_scopes(look: dict[str, object], picture: Picture) -> None:
    assert picture(many, **look)


def test_five_hundred_filtered_and_grouped(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await many(stage)
        await stage.press("slash", *"agent-00", "enter", "v", "v")
        await stage.until("40 shown", "by")

    assert picture(before)


def test_five_hundred_without_colours(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await many(stage)
        await stage.press("end")
        await stage.until("local-agent-124")

    assert picture(before, no_color=True, ascii=True)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
def test_loading_several(size: tuple[int, int], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch(LOCAL, AWS, GCP, AZURE)
        stage.tell(LOCAL, [service("content-moderation", LOCAL)])
        await stage.until("content-moderation")

    assert picture(before, size=size)


def test_long_names_in_a_very_wide_terminal(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        stage.watch(GCP)
        stage.tell(GCP, LONG_ONES)
        await stage.until("a-very-long", "short")

    assert picture(before, size=(200, 60))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_every_scope_fails_with_long_words(size: tuple[int, int], picture: Picture) -> None:
    long = DeploymentError(
        "permission-denied",
        f"Google Cloud refuses to list the services of {LONG}.",
        reason=f"the caller lacks run.services.list {'on the project or above it ' * 2}",
        remedy=f"gcloud projects add-iam-policy-binding {LONG} --role roles/run.viewer",
    )

    async def before(stage: Stage) -> None:
        stage.watch(AWS, GCP, AZURE)
        stage.tell(AWS, UNREACHED)
        stage.tell(GCP, long)
        stage.tell(AZURE, EXPIRED)
        await stage.until("az login", "refuses to list", "cannot be resolved")

    assert picture(before, size=size)
