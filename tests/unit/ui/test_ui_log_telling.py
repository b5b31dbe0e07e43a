"""What stands in place of lines where there are none."""

from __future__ import annotations

import pytest

from holodeck_tui.ui.logs.choose import Choice
from holodeck_tui.ui.logs.expression import read
from holodeck_tui.ui.logs.telling import nothing


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice(pattern=read("zzz")[0]), "None of 4 lines fits. f changes the filter"),
        (Choice(level=4), "None of 4 lines fits."),
        # One of several deployments is looked at, and nobody has filtered anything.
        (Choice(sources=frozenset({1})), "Nothing has been logged yet."),
    ],
    ids=["filter", "level", "one-by-one"],
)
def test_only_a_filter_is_told_as_one(choice: Choice, said: str) -> None:
    assert nothing(choice, 4, connecting=False, filters="f", history="h").startswith(said)
