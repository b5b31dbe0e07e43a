"""The line that tells of a field: all of it where there is room, and where the rest is where there is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from holodeck_tui.ui.widgets.told_line import fitted

pytestmark = [pytest.mark.unit, pytest.mark.ui]
MORE = "(f1 more)"


def test_what_fits_is_as_it_is() -> None:
    assert fitted("one two three", 8, 2, MORE) == ["one two", "three"]
    assert fitted("", 8, 2, MORE) == [""]


def test_what_does_not_fit_says_where_the_rest_is() -> None:
    lines = fitted("word " * 30, 20, 3, MORE)
    assert len(lines) == 3
    assert lines[-1] == "word wor … (f1 more)"


@given(
    text=st.text(st.sampled_from("a bc日 :-."), max_size=200),
    width=st.integers(12, 90),
    most=st.integers(1, 9),
)
def test_no_line_is_wider_and_there_are_not_more(text: str, width: int, most: int) -> None:
    lines = fitted(text, width, most, MORE)
    assert len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)
    cut = lines[-1].endswith(MORE)
    assert cut or "".join("".join(lines).split()) == "".join(text.split())
