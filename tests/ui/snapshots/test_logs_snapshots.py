"""Logs in every state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.base import LogLine, LogQuery
from holodeck_tui.ui.screens.logs import LogsScreen
from tests.ui.snapshots.conftest import LOOKS, Picture, Stage
from tests.ui.snapshots.values import AZURE, GCP, NOW, service

pytestmark = pytest.mark.ui
ONE, OTHER = service("ticket-routing", GCP, env="prod").ref, service("legal-assistant", AZURE).ref
TEXTS = (
    "INFO   POST /agent/ticket-routing/chat 200 812 ms",
    "INFO   session 8f1c opened",
    "WARN   retrying openai (429), attempt 2",
    (
        "\x1b[31mERROR\x1b[0m  the tool lookup_order failed: the order service answered 500 to each of three "
        "attempts; the customer was told to call back, and the whole story stands in the trace of this request"
    ),
    "DEBUG  tokens 1,204 in, 88 out",
)
Feed = Callable[[ServiceRef], Iterator[LogLine]]


def lines(count: int, first: int = 0) -> list[LogLine]:
    """A second apart."""
    return [
        LogLine(f"{TEXTS[number % len(TEXTS)]}", NOW + timedelta(seconds=number))
        for number in range(first, first + count)
    ]


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Feed], None]:
    """What targets answer when they are asked for a log; it stays open after the last line."""

    def answers(says: Feed) -> None:
        def log_lines(ref: ServiceRef, _query: LogQuery, ctx: Context) -> Iterator[LogLine]:
            yield from says(ref)
            ctx.cancel.sleep(120)

        monkeypatch.setattr("holodeck_tui.pipeline.found.log_lines", log_lines)

    return answers


async def show(stage: Stage, refs: Sequence[ServiceRef], *words: str) -> None:
    """Open the logs of ``refs`` and wait for ``words``."""
    stage.app.push_screen(LogsScreen(refs))
    await stage.until(*words)


def test_nothing_was_logged_yet(feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(()))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "following", "0 lines")

    assert picture(before)


@pytest.mark.parametrize(
    "look",
    [{}, {"size": (120, 40)}, {"theme": "holodeck-light"}, {"no_color": True, "ascii": True}],
    ids=["dark", "dark-120x40", "light", "no-colour-ascii"],
)
def test_following(look: dict[str, object], feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(lines(200)))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "following", "200 lines", "10:44:26")

    assert picture(before, **look)


def test_two_merged(feed: Any, picture: Picture) -> None:
    # One after the other: lines of two sources are put in order within one look at what came.
    first = threading.Event()

    def says(ref: ServiceRef) -> Iterator[LogLine]:
        if ref is OTHER:
            assert first.wait(60), "the first log was not shown"
            yield from lines(4, 8)
        else:
            yield from lines(8)

    feed(says)

    async def before(stage: Stage) -> None:
        await show(stage, [ONE, OTHER], "2 deployments", "8 lines")
        first.set()
        await stage.until("12 lines", "following")

    assert picture(before)


def test_held_where_it_is_read_while_lines_come(feed: Any, picture: Picture) -> None:
    scrolled = threading.Event()

    def says(_: ServiceRef) -> Iterator[LogLine]:
        yield from lines(100)
        assert scrolled.wait(60), "nobody scrolled"
        yield from lines(3, 100)

    feed(says)

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "100 lines", "following")
        await stage.press("pageup")
        await stage.until("held where you read")
        scrolled.set()
        await stage.until("3 new lines (G)", "103 lines")

    assert picture(before)


def test_a_line_that_was_searched_for(feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(lines(200)))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "200 lines", "following")
        await stage.press("slash", *"retrying", "enter")
        await stage.until("held where you read")

    assert picture(before)


def test_filtered_with_lines_around(feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(lines(200)))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "200 lines", "following")
        await stage.press("f", *"attempt 2", "enter", "x")
        await stage.until("200 of 200 lines · only")

    assert picture(before)


def test_a_filter_is_asked_for(feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(lines(200)))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "200 lines", "following")
        await stage.press("f")
        await stage.until("show only", "a regular expression")

    assert picture(before)


def test_only_what_is_bad(feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(lines(200)))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "200 lines", "following")
        await stage.press("L", "L", "L")
        await stage.until("80 of 200 lines · warning")

    assert picture(before)


def test_wrapped_and_without_times(feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(lines(200)))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "200 lines", "following")
        await stage.press("w", "t")
        await stage.until("the customer was told")
        await stage.until_not("10:44:26")

    assert picture(before)


@pytest.mark.parametrize(
    "look", [{}, {"size": (120, 40)}, {"theme": "holodeck-light"}], ids=["dark", "dark-120x40", "light"]
)
def test_it_cannot_be_read(look: dict[str, object], feed: Any, picture: Picture) -> None:
    def says(_: ServiceRef) -> Iterator[LogLine]:
        yield from lines(3)
        raise DeploymentError(
            "permission-denied",
            "The log may not be read.",
            reason="logging.logEntries.list is missing",
            remedy="gcloud projects add-iam-policy-binding my-project --role roles/logging.viewer",
        )

    feed(says)

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "The log may not be read", "attempt 2", "(y copies it)", "R connects again")

    assert picture(before, **look)


def test_two_of_three_cannot_be_read(feed: Any, picture: Picture) -> None:
    """Sentence, reason and remedy of each, whole, however long they are."""
    third = service("content-moderation", AZURE).ref

    def says(ref: ServiceRef) -> Iterator[LogLine]:
        if ref is ONE:
            raise DeploymentError(
                "credentials-expired",
                "The login of gcloud has expired.",
                reason="the token was refused by oauth2.googleapis.com: reauthentication is needed, since the "
                "session length that your administrator has set for this project is over",
                remedy="gcloud auth application-default login --project ticket-routing-production",
            )
        yield from lines(3)
        if ref is third:
            raise DeploymentError(
                "deploy-failed", "The app is gone.", remedy="R on the deployments lists what is left."
            )

    feed(says)

    async def before(stage: Stage) -> None:
        await show(stage, [ONE, OTHER, third], "2 failed", "6 lines", "project is over", "lists what is left")

    assert picture(before)


def test_nothing_fits_the_filter(feed: Any, picture: Picture) -> None:
    feed(lambda _: iter(lines(200)))

    async def before(stage: Stage) -> None:
        await show(stage, [ONE], "200 lines", "following")
        await stage.press("f", *"zzz", "enter")
        await stage.until("None of 200 lines fits. f changes")

    assert picture(before)


@LOOKS
def test_marked_and_found_beside_one_that_failed(
    look: dict[str, object], feed: Any, picture: Picture
) -> None:
    """All colours of the logs at once."""

    first = threading.Event()

    def says(ref: ServiceRef) -> Iterator[LogLine]:
        if ref is ONE:
            yield from lines(10)
        else:
            assert first.wait(60), "the first log was not shown"
            yield from lines(10, 10)
            raise DeploymentError("credentials-expired", "The login has expired.", remedy="az login")

    feed(says)

    async def before(stage: Stage) -> None:
        await show(stage, [ONE, OTHER], "10 lines")
        first.set()
        await stage.until("20 lines", "az login")
        await stage.press("slash", *"429", "enter", "v", "k", "k")
        await stage.until_not("(y copies it)")

    assert picture(before, **look)
