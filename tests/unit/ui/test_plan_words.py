"""What a plan says of properties that differ."""

from __future__ import annotations

import pytest

from holodeck_tui.core.values import Change
from holodeck_tui.pipeline.types import Plan
from holodeck_tui.ui.plan_words import plan_words
from holodeck_tui.ui.theme import Glyphs

pytestmark = pytest.mark.unit


def _said(*changes: Change) -> list[str]:
    text = plan_words(Plan("greeter", "live", (), changes), Glyphs(unicode=True), str).plain
    return text.splitlines()[1:]


def test_digests_are_short_and_still_differ() -> None:
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/agents/greeter@sha256:"
    assert _said(Change("content_hash", "0a" * 32, "0b" * 32)) == [
        "  content_hash  0a0a0a0a0a0a → 0b0b0b0b0b0b"
    ]
    assert _said(Change("commit", None, "c0ffee" * 6 + "abcd")) == ["  commit  absent → c0ffeec0ffee"]
    before, after = f"{image}{'0a' * 32}", f"{image}{'0b' * 32}"
    (line,) = _said(Change("image", before, after))
    assert "0a0a0a0a0a0a → " in line
    assert line.endswith("0b0b0b0b0b0b")


def test_what_is_long_is_cut_in_its_middle() -> None:
    assert _said(Change("env.TEXT", f"a{'x' * 100}z", "y")) == [f"  env.TEXT  a{'x' * 28}…{'x' * 29}z → y"]
