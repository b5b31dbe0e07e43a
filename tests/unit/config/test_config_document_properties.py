"""Whatever the text looks like: one key changes, every other byte stays."""

from __future__ import annotations

import copy
import math
import re

import pytest
from hypothesis import HealthCheck, assume, event, example, given, settings
from hypothesis import strategies as st

from holodeck_tui.config.document import Document, YamlError
from holodeck_tui.core.errors import DeploymentError
from tests.unit.config.yaml_texts import VALUES, paths, yaml_texts

pytestmark = pytest.mark.unit

relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def plain(value):
    """A copy without shared objects, in which NaN equals itself and 1 differs from True and 1.0."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return "float nan"
    return f"{type(value).__name__} {value!r}"


def parsed(text: str) -> Document:
    try:
        document = Document.parse(text.encode())
    except YamlError:
        assume(False)
        raise
    assume(isinstance(document.data, dict))
    return document


def refusal(change) -> str | None:
    """Why ``change`` was refused; None when it was not."""
    try:
        change()
    except DeploymentError as error:
        event(f"refused: {re.sub('[0-9]+', 'N', error.reason)[:30]}")
        return f"{error.code}: {error.reason}"
    event("done")
    return None


SHARED = re.compile("edit-impossible: .*(?:alias|<< key)")


def reread(document: Document):
    return plain(Document.parse(document.bytes()).data)


def common(one: str, other: str) -> tuple[int, int]:
    """Lengths of the common start and of the common end behind it."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return start, end


def put(data, path, value):
    data = copy.deepcopy(data)
    at = data
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return data


@relaxed
@given(yaml_texts(), st.data())
def test_setting_a_value_changes_nothing_else(text, data):
    document = parsed(text)
    before = copy.deepcopy(document.data)
    path = data.draw(st.sampled_from(list(paths(before))))
    value = data.draw(VALUES)
    reason = refusal(lambda: document.set(path, value))
    if reason is not None:
        assert SHARED.match(reason)
        assert document.bytes() == text.encode()
        return
    assert reread(document) == plain(put(before, path, value))
    if plain(before) == reread(document):
        assert document.text == text
        return
    start, end = common(text, document.text)
    old = text[start : len(text) - end]
    old_value = before
    for name in path:
        old_value = old_value[name]
    if not isinstance(old_value, (dict, list)) and not isinstance(value, (dict, list)):
        # One scalar for another: no line and no comment of anybody else is in what was replaced.
        assert "\n" not in old.strip("\r\n") or line_count(old_value, old)


def line_count(old_value, old: str) -> bool:
    return isinstance(old_value, str) and all(
        part.strip(" \t\r'\"") in re.sub(r"\\(.)", r"\1", old_value) or part.strip()[:1] in "|>'\"&"
        for part in old.split("\n")
    )


@relaxed
@given(yaml_texts(), st.data())
def test_a_new_key_only_adds_and_removing_it_restores_the_bytes(text, data):
    document = parsed(text)
    before = copy.deepcopy(document.data)
    holders = [(), *(p for p in paths(before) if isinstance(value_at(before, p), dict))]
    holder = data.draw(st.sampled_from(holders))
    depth = data.draw(st.integers(1, 3))
    path = (*holder, *["new", "newer", "newest"][:depth])
    value = data.draw(VALUES.filter(lambda v: v not in ({}, [])))
    reason = refusal(lambda: document.set(path, value))
    if reason is not None:
        assert SHARED.match(reason)
        return
    nested = value
    for name in reversed(path[len(holder) + 1 :]):
        nested = {name: nested}
    assert reread(document) == plain(put(before, (*holder, "new"), nested))
    assert is_subsequence_with_few_gaps(text, document.text)
    again = Document.parse(document.bytes())
    assert again.remove((*holder, "new"))
    assert again.text == text
    if value_at(before, holder):
        # Pruning undoes what set made, unless the holder was there and empty.
        pruned = Document.parse(document.bytes())
        pruned.remove(path, prune=True)
        assert pruned.text == text


def value_at(data, path):
    for name in path:
        data = data[name]
    return data


def is_subsequence_with_few_gaps(old: str, new: str) -> bool:
    start, end = common(old, new)
    rest = old[start : len(old) - end]
    # Only a comma and a comment on its line may stand between two insertions.
    return rest == "" or re.fullmatch(r"[ \t]*(#[^\n]*)?", rest) is not None


@relaxed
@given(yaml_texts(), st.data())
def test_removing_takes_only_the_entry(text, data):
    document = parsed(text)
    before = copy.deepcopy(document.data)
    path = data.draw(st.sampled_from(list(paths(before))))
    reason = refusal(lambda: document.remove(path))
    if reason is not None:
        assert SHARED.match(reason)
        assert document.bytes() == text.encode()
        return
    expected = copy.deepcopy(before)
    holder = value_at(expected, path[:-1])
    del holder[path[-1]]
    actual = Document.parse(document.bytes()).data
    if "<<" in text and path[-1] in (value_at(actual, path[:-1]) or {}):
        holder[path[-1]] = value_at(actual, path)
    assert plain(actual or {}) == plain(expected)


@relaxed
@given(yaml_texts())
def test_what_is_not_changed_is_the_same_bytes(text):
    document = parsed(text)
    assert document.bytes() == text.encode()
    for path in paths(document.data):
        document.set(path, value_at(document.data, path))
    assert document.bytes() == text.encode()
    assert not document.changed


@relaxed
@given(yaml_texts())
def test_positions_lie_where_the_key_is_written(text):
    document = parsed(text)
    rows = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    for path in paths(document.data):
        if isinstance(path[-1], str):
            line, column = document.position(path, key=True)
            assert rows[line - 1][column - 1 :].lstrip("'\"")[:1] == path[-1][:1]


@relaxed
@given(yaml_texts())
def test_comments_with_a_pattern_go_and_nothing_else(text):
    document = parsed(text)
    before = plain(document.data)
    document.remove_comments(re.compile(r"\$\{OLD\}"))
    assert "${OLD}" not in document.text
    assert reread(document) == before
    assert document.text.count("# note") == text.count("# note")


@relaxed
@example("&\u20280")
@example("--- &a\n")
@example("--- ~")
@given(st.text(st.sampled_from("ab:-?#&*!|>'\"%@`{}[],\n\r\t \ufeff😀\u2028\x850123.~<"), max_size=40))
def test_any_text_is_read_or_refused_with_a_position(text):
    wrong = None
    try:
        document = Document.parse(text.encode())
    except YamlError as error:
        wrong = error
    if wrong is not None:
        assert 1 <= wrong.line <= text.count("\n") + text.count("\r") + 1
        assert wrong.column >= 1
        assert wrong.message
        return
    assert document.bytes() == text.encode()
    reason = refusal(lambda: document.set(("zz",), 1))
    if reason is None:
        assert Document.parse(document.bytes()).get(("zz",)) == 1
    else:
        assert document.text == text
        assert document.data is not None
