"""How quickly /health answers: who asks, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import Heard, ServiceRef, Status
from holodeck_tui.ui.pulse import KEPT, Pulse

pytestmark = pytest.mark.unit
NOW = datetime(2026, 11, 27, tzinfo=timezone.utc)
LISTED = Status(
    ServiceRef("local", "id", "n", "local", "a"),
    "healthy",
    url="http://127.0.0.1:1",
    checked_at=NOW,
    heard=Heard(4.0),
)


def test_what_a_listing_heard_counts_once_and_the_last_ones_stay() -> None:
    pulse = Pulse()
    for _ in range(3):
        pulse.told(LISTED)
    assert pulse.beats(LISTED.url) == (4.0,)
    pulse.told(replace(LISTED, checked_at=NOW + timedelta(seconds=1), heard=Heard(None)))
    assert pulse.beats(LISTED.url) == (4.0, None)
    for second in range(2, 40):
        pulse.told(replace(LISTED, checked_at=NOW + timedelta(seconds=second)))
    assert pulse.beats(LISTED.url) == (4.0,) * KEPT


def test_a_listing_that_did_not_ask_adds_nothing() -> None:
    pulse = Pulse()
    pulse.told(replace(LISTED, heard=None))
    pulse.told(replace(LISTED, url=None))
    assert pulse.beats(LISTED.url) == ()


def test_a_round_asks_each_address_once_and_an_address_that_is_none_is_no_beat() -> None:
    asked: list[str] = []

    def ask(url: str, _: Context) -> float | None:
        asked.append(url)
        if url == "nonsense":
            raise ValueError(url)
        return 7.0

    pulse = Pulse(ask)
    pulse.round(["http://a", "nonsense", "http://a"], Context())
    assert sorted(asked) == ["http://a", "nonsense"]
    assert pulse.beats("http://a") == (7.0,)
    assert pulse.beats("nonsense") == (None,)
