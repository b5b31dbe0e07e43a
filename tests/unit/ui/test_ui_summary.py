"""What the dashboard says of the whole."""

from __future__ import annotations

from math import ceil

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.poller import LOCAL, Poller
from holodeck_tui.ui.summary import STEP, counted, nothing, ordered, troubles
from holodeck_tui.ui.theme import Glyphs

GLYPHS = Glyphs()
KEYS = {
    "deployments.hold": "f",
    "deployments.sort": "s",
    "deployments.group": "v",
    "deployments.filter": "/",
    "deployments.retry": "R",
    "deployments.deploy": "d",
    "app.setup": "4",
}.__getitem__
REFUSED = DeploymentError("permission-denied", "No.\x1b[2J", reason="a policy", remedy="ask an admin")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def poller(clock: Clock, *scopes: str) -> Poller:
    found = Poller(clock, spread=lambda: 0.5)
    found.watch(scopes)
    found.due()
    return found


def line(asked: Poller, clock: Clock, every: int = 2, shown: int = 2, marked: int = 0) -> str:
    text = counted(asked.snapshot, asked, clock.now, GLYPHS, KEYS, every=every, shown=shown, marked=marked)
    return text.plain


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (29.9, "just now"),
        (30, "30 s ago"),
        (59, "30 s ago"),
        (119, "90 s ago"),
        (125, "2 min ago"),
    ],
)
def test_an_age_is_told_in_steps_so_that_nothing_is_drawn_every_second(seconds: float, words: str) -> None:
    clock = Clock()
    asked = poller(clock, "local")
    asked.answered("local", ())
    clock.now += seconds
    assert f"checked {words}" in line(asked, clock)


def test_the_oldest_answer_counts_and_a_question_under_way_is_said() -> None:
    clock = Clock()
    asked = poller(clock, "local", "aws:x")
    asked.answered("local", ())
    clock.now += 30
    assert line(asked, clock) == "2 deployments · checked 30 s ago · asking …"
    asked.answered("aws:x", ())
    assert "checked 30 s ago" in line(asked, clock)


def test_what_backs_off_says_when_it_asks_again_and_what_is_held_says_how_to_go_on() -> None:
    clock = Clock()
    asked = poller(clock, "local")
    for _ in range(3):
        asked.failed("local", REFUSED)
    assert f"next within {STEP * ceil(LOCAL * 8 / STEP)} s" in line(asked, clock)
    asked.paused = True
    assert "held (f goes on)" in line(asked, clock)


def test_the_filter_and_marks_are_counted() -> None:
    clock = Clock()
    asked = poller(clock, "local")
    asked.answered("local", ())
    assert line(asked, clock, every=1, shown=0, marked=1).startswith("1 deployment · 0 shown · 1 marked")


def test_the_order_names_the_keys_that_made_it_and_cleans_the_words() -> None:
    assert (
        ordered("age", True, "target", "a\x1b[2Jb", glyphs=GLYPHS, key=KEYS).plain
        == '-age (s) · by target (v) · "ab" (/)'
    )


def test_a_scope_that_failed_says_what_to_do_and_steers_nothing() -> None:
    clock = Clock()
    asked = poller(clock, "local", "aws:x")
    asked.failed("aws:x", REFUSED)
    text = troubles(asked.snapshot, REFUSED, GLYPHS, KEYS).plain
    assert text.count("ask an admin") == 2
    assert "\x1b" not in text
    assert not troubles(poller(clock, "local").snapshot, None, GLYPHS, KEYS)


def test_scopes_that_fail_alike_are_told_at_once() -> None:
    asked = poller(Clock(), "local", "aws:x", "aws:y", "aws:z")
    for scope, error in (
        ("aws:x", REFUSED),
        ("aws:y", DeploymentError("network", "No answer.")),
        ("aws:z", REFUSED),
    ):
        asked.failed(scope, error)
    text = troubles(asked.snapshot, None, GLYPHS, KEYS).plain
    assert text.count("ask an admin") == 1
    assert "aws x, aws z: No" in text
    assert "aws y: No answer" in text


def test_an_empty_table_says_why() -> None:
    clock = Clock()
    asked = poller(clock, "local", "aws:x")
    assert (
        nothing(asked.snapshot, KEYS, every=0, deployable=True, agent=True) == "Asking this machine, aws x …"
    )
    for scope in ("local", "aws:x"):
        asked.failed(scope, REFUSED)
    assert "not known" in nothing(asked.snapshot, KEYS, every=0, deployable=True, agent=True)
    asked.answered("local", ())
    assert "scopes that failed" in nothing(asked.snapshot, KEYS, every=0, deployable=True, agent=True)
    asked.answered("aws:x", ())
    assert nothing(asked.snapshot, KEYS, every=0, deployable=True, agent=True).startswith(
        "Nothing deployed yet. d deploys"
    )
    assert (
        nothing(asked.snapshot, KEYS, every=0, deployable=False, agent=True)
        == "Nothing deployed in these scopes."
    )
    assert "no agent here" in nothing(asked.snapshot, KEYS, every=0, deployable=False, agent=False)
    assert "No deployment has these words" in nothing(
        asked.snapshot, KEYS, every=3, deployable=True, agent=True
    )


def test_the_poller_says_when_it_wants_to_be_woken() -> None:
    clock = Clock()
    asked = Poller(clock, spread=lambda: 0.5)
    assert asked.wake_in() is None
    asked.watch(["local", "aws:x"])
    assert asked.wake_in() == 0
    asked.due()
    assert asked.wake_in() is None
    asked.answered("local", ())
    assert asked.wake_in() == LOCAL
    asked.paused = True
    assert asked.wake_in() is None
