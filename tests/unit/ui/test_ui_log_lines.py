"""The store, the filter and the rows of logs against the simplest things that could be right."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import chop_cells

from holodeck_tui.ui.logs.choose import Choice, Shown, level_of
from holodeck_tui.ui.logs.expression import Expression
from holodeck_tui.ui.logs.layout import Layout
from holodeck_tui.ui.logs.store import NO_TIME, LogStore
from holodeck_tui.ui.logs.streams import wish_from

pytestmark = pytest.mark.unit
LINES = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30), max_size=60
)


def store_of(batches: list[list[str]], **given: int) -> LogStore:
    store = LogStore(**given)
    for batch in batches:
        if batch:
            store.append(batch, [NO_TIME] * len(batch), [0] * len(batch))
    return store


@given(st.lists(LINES, max_size=5), st.integers(1, 20))
def test_what_was_kept_comes_back(batches: list[list[str]], size: int) -> None:
    lines = [line for batch in batches for line in batch]
    store = store_of(batches, segment_lines=size)
    assert [store.line(number).text for number in range(store.first, store.end)] == lines
    assert [text for _, texts, _ in store.chunks(0, store.end, 7) for text in texts] == lines
    assert list(store.widths(0, store.end)) == [store.width(number) for number in range(store.end)]
    store.close()


def test_the_oldest_go_when_there_is_too_much_and_numbers_stay() -> None:
    store = LogStore(most_bytes=1000, segment_lines=10)
    for number in range(200):
        store.append([f"line {number}"], [number], [0])
    assert store.first >= 80
    assert store.end == 200
    assert store.line(199).text == "line 199"
    assert store.line(store.first).text == f"line {store.first}"
    with pytest.raises(IndexError):
        store.line(store.first - 1)
    store.close()


@given(st.lists(st.lists(st.sampled_from(["a", "b", "xx"]), max_size=12), max_size=6), st.integers(0, 3))
def test_a_filter_with_context_is_what_grep_finds(batches: list[list[str]], context: int) -> None:
    store, lines = LogStore(), [line for batch in batches for line in batch]
    shown = Shown(store, Choice(Expression("xx"), context=context))
    for batch in batches:
        if batch:
            store.append(batch, [NO_TIME] * len(batch), [0] * len(batch))
        shown.extend()
    hits = [number for number, line in enumerate(lines) if line == "xx"]
    wanted = {
        number for hit in hits for number in range(max(0, hit - context), min(len(lines), hit + context + 1))
    }
    assert [shown.number(index) for index in range(len(shown))] == sorted(wanted)
    assert shown.matches == len(hits)
    store.close()


@example([f"{'0' * 23}☔00000⺀"], 9)
@given(LINES, st.integers(8, 20))
def test_every_cell_of_a_wrapped_line_has_a_row(lines: list[str], columns: int) -> None:
    store = store_of([lines])
    layout = Layout(store, Shown(store, Choice()), columns)
    layout.extend()
    rows = 0
    for number, line in enumerate(lines):
        assert layout.top(number) == rows
        needed = max(1, len(chop_cells(line, columns)))
        height = (layout.top(number + 1) if number + 1 < len(lines) else layout.rows) - rows
        assert height >= needed
        for row in range(rows, rows + height):
            assert layout.at(row) == (number, row - rows)
        rows += height
    assert layout.rows == rows
    store.close()


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-01-01 INFO started", 2),
        ("level=warn msg=x", 3),
        ('{"level":"error","msg":"no"}', 4),
        ("DEBUG: x", 1),
        ("GET /information 200", 0),
        ("Traceback (most recent call last):", 4),
    ],
)
def test_levels(line: str, level: int) -> None:
    assert level_of(line) == level


def test_lines_without_a_level_belong_to_the_one_before() -> None:
    store = store_of([["INFO a", "ERROR b", "  at c", "INFO d"]])
    shown = Shown(store, Choice(level=4))
    shown.extend()
    assert [store.line(shown.number(index)).text for index in range(len(shown))] == ["ERROR b", "  at c"]
    store.close()


def test_history() -> None:
    assert wish_from("500", False).tail == 500
    assert wish_from("all", True).tail is None
    assert wish_from("5m", False).since is not None
    with pytest.raises(ValueError, match="neither"):
        wish_from("soon", False)
