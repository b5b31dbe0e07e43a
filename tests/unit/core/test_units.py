"""Amounts as people read them."""

from __future__ import annotations

import pytest

from holodeck_tui.core.units import size

pytestmark = pytest.mark.unit


def test_sizes_are_short() -> None:
    assert [size(n) for n in (0, 999, 41_000, 4_700_000, 621_000_000, 2_100_000_000)] == [
        "0 B",
        "999 B",
        "41 kB",
        "4.7 MB",
        "621 MB",
        "2.1 GB",
    ]
