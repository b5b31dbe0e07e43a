"""A regular expression that somebody typed finds what ``re`` finds, and ends."""

from __future__ import annotations

import re
from math import inf
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.ui.logs import expression
from holodeck_tui.ui.logs.choose import Choice, Shown
from holodeck_tui.ui.logs.expression import LONGEST, Expression, TooSlow, read
from holodeck_tui.ui.logs.finding import Search
from holodeck_tui.ui.logs.store import NO_TIME, LogStore

pytestmark = pytest.mark.unit
HOPELESS = "a" * 3000 + "!"
PIECES = [
    "a",
    "b",
    " ",
    ".",
    r"\s",
    r"\w",
    "[^a]",
    "^",
    "$",
    r"\b",
    "a*",
    r"\s+",
    "(a|b)+",
    "(?:ab)?",
    "|",
    "b*?",
]
# What looks beyond the ends of a line where lines are joined.
PIECES += [r"(?!\s)", r"\Z", r"\s++", r"(?<!\n)", "(?=a)", r"\B"]
LINES = st.lists(st.text("ab \t", max_size=8), max_size=12)


def found(text: str, lines: list[str]) -> list[int]:
    return Expression(text).look(lines, inf)[0]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5), LINES)
def test_it_finds_what_each_line_has(pieces: list[str], lines: list[str]) -> None:
    text = "".join(pieces)
    try:
        # The same engine line by line: on \B in nothing at all re has changed its mind.
        alone = Expression(text)._line
    except ValueError:
        return
    assert found(text, lines) == [number for number, line in enumerate(lines) if alone.search(line)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"level": "error"}', 'x {"level": "error"} y'),
        (r"\{e<=1\}", "{e<=1}"),
        ("foo{e<=1}", "foo{e<=1}"),
        (r"a{2}b{1,}c{,2}d", "aabbd"),
        ("[{]", "{"),
        (r"took \S+ ms", "TOOK 12 MS"),
        ("(*)", None),
        ("(", None),
        ("a{99999999999999999999}", None),
        ("(" * 5000 + ")" * 5000, None),
    ],
)
def test_a_brace_is_one_and_what_is_no_expression_says_why(text: str, line: str | None) -> None:
    if line is None:
        with pytest.raises(ValueError, match=r"."):
            Expression(text)
    else:
        assert found(text, ["other", line]) == [1]


def test_without_capitals_it_finds_both() -> None:
    assert found("error", ["ERROR", "error"]) == [0, 1]
    assert found("Error", ["ERROR", "Error"]) == [1]


@pytest.mark.parametrize("text", ["(a+)+$", "(a|a)*$", r"(\w+\s?)+$", "(?=a)(a+)+$"])
def test_what_would_take_years_is_given_up(text: str) -> None:
    with pytest.raises(TooSlow):
        found(text, ["short", HOPELESS])
    with pytest.raises(TooSlow):
        Expression(text).spans(HOPELESS)


def test_lines_that_are_slow_together_are_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expression, "TOGETHER", 0.001)
    lines = ["a " * 40] * 500 + ["x y"]
    assert found(r"[^!]*[^?]*[^;]*x y", lines) == [500]


def test_a_search_stops_in_time_and_goes_on_where_it_was() -> None:
    store = LogStore()
    store.append([f"line {number}" for number in range(5000)], [NO_TIME] * 5000, [0] * 5000)
    shown = Shown(store, Choice(Expression("line 49")))
    steps = 0
    while not shown.complete:
        shown.extend(monotonic())
        steps += 1
    assert steps > 2
    assert [shown.number(index) for index in range(len(shown))] == [
        number for number in range(5000) if re.search("line 49", f"line {number}")
    ]
    for start, back, wanted in ((0, False, 4999), (5000, True, 4999), (4999, True, None)):
        search = Search(store, Shown(store, Choice()), Expression("line 4999$"), start, back=back)
        while not search.done:
            search.go_on(monotonic())
        assert search.found == wanted
    store.close()


def test_a_long_text_that_was_pasted_is_refused_before_it_takes_for_ever() -> None:
    made, wrong = read("x" * LONGEST)
    assert wrong is None
    assert made is not None
    made, wrong = read("x" * 3000)
    assert made is None
    assert wrong == "At most 500 characters can be looked for; these are 3,000."
