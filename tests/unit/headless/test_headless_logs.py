"""--since is a duration or a moment; anything else is a usage error that says how to write it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.headless.commands.logs import moment

pytestmark = pytest.mark.unit
NOW = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("1.5d", timedelta(days=1.5)),
    ],
)
def test_durations(text: str, ago: timedelta) -> None:
    assert moment(text, NOW) == NOW - ago


def test_moments_are_utc_unless_they_say() -> None:
    assert moment("2026-01-31T11:00:00Z", NOW) == NOW - timedelta(hours=1)
    assert moment("2026-01-31 11:00", NOW) == NOW - timedelta(hours=1)
    assert moment("2026-01-31T11:00:00+01:00", NOW) == NOW - timedelta(hours=2)


@given(st.text(max_size=12))
def test_anything_is_a_moment_or_a_usage_error(text: str) -> None:
    error = None
    try:
        assert moment(text, NOW).tzinfo is not None
    except DeploymentError as raised:
        error = raised
    assert error is None or (error.exit_code == 2 and "5m" in error.remedy)


def test_a_duration_before_time_began_is_a_usage_error() -> None:
    with pytest.raises(DeploymentError):
        moment("99999999999d", NOW)
