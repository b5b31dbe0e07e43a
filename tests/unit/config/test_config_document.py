"""Cases of the round trip that people meet, each with the exact bytes that come out."""

from __future__ import annotations

import math
import re

import pytest
import yaml

from holodeck_tui.config.document import Document, YamlError, dotted
from holodeck_tui.core.errors import DeploymentError

pytestmark = pytest.mark.unit


def edited(text: str, path: str, value: object) -> str:
    document = Document.parse(text.encode())
    document.set(path.split("."), value)
    return document.text


def without(text: str, path: str, *, prune: bool = False) -> str:
    document = Document.parse(text.encode())
    assert document.remove(path.split("."), prune=prune)
    return document.text


SET = {
    "comment and spaces stay": ("a:   1   # c\n", "a", 2, "a:   2   # c\n"),
    "no final newline": ("a: 1", "a", 2, "a: 2"),
    "new key without final newline": ("a: 1", "b", 2, "a: 1\nb: 2"),
    "crlf": ("a: 1\r\nb:\r\n  c: 2\r\n", "b.d", 3, "a: 1\r\nb:\r\n  c: 2\r\n  d: 3\r\n"),
    "bom": ("\ufeffa: 1\n", "b", 2, "\ufeffa: 1\nb: 2\n"),
    "bom, first key": ("\ufeffa: 1\n", "a", 2, "\ufeffa: 2\n"),
    "single-line mapping": ("d: {port: 1} # c\n", "d.port", 2, "d: {port: 2} # c\n"),
    "into a single-line mapping": ("d: {port: 1} # c\n", "d.x", "a, b", 'd: {port: 1, x: "a, b"} # c\n'),
    "into an empty mapping": ("d: {} # c\n", "d.x.k", 1, "d: {x: {k: 1}} # c\n"),
    "spaced empty mapping": ("d: { }\n", "d.x", 1, "d: {x: 1 }\n"),
    "null becomes a mapping": ("d: # c\nz: 1\n", "d.x", 1, "d: # c\n  x: 1\nz: 1\n"),
    "tilde becomes a mapping": ("d: ~ # c\nz: 1\n", "d.x", 1, "d: # c\n  x: 1\nz: 1\n"),
    "tilde without comment": ("d: ~\nz: 1\n", "d.x", 1, "d:\n  x: 1\nz: 1\n"),
    "indentation of siblings": ("d:\n    a: 1\nz: 1\n", "d.b", 2, "d:\n    a: 1\n    b: 2\nz: 1\n"),
    "depth of the document": ("d:\n    a: 1\n", "e.f", 2, "d:\n    a: 1\ne:\n    f: 2\n"),
    "behind the comments of the last value": (
        "d:\n  a: 1\n  # old: 2\n", "k", 3, "d:\n  a: 1\n  # old: 2\nk: 3\n",
    ),
    "a comment inside stays inside": (
        "d:\n  e:\n    a: 1\n    # c of e\n  # c of d\n", "d.b", 2,
        "d:\n  e:\n    a: 1\n    # c of e\n  b: 2\n  # c of d\n",
    ),
    "quotes are kept": ("a: 'x'\n", "a", "it's", "a: 'it''s'\n"),
    "double quotes are kept": ('a: "x"\n', "a", "y", 'a: "y"\n'),
    "quotes go with the text": ('a: "8080"\n', "a", 8081, "a: 8081\n"),
    "quoted key": ('"a b": 1\n', "a b", 2, '"a b": 2\n'),
    "key with a colon gets quotes": ("a: 1\n", "x: y", 2, 'a: 1\n"x: y": 2\n'),
    "space before the colon": ("a : 1\n", "a", 2, "a : 2\n"),
    "explicit key": ("? a\n: 1\nb: 2\n", "a", 3, "? a\n: 3\nb: 2\n"),
    "tabs in text": ('a: "x\ty"\nb: |\n  x\ty\nc: 1\n', "c", 2, 'a: "x\ty"\nb: |\n  x\ty\nc: 2\n'),
    "value on the next line": ("a:\n  1 # c\nb: 2\n", "a", 3, "a:\n  3 # c\nb: 2\n"),
    "lines in place of a list below a comment": ("a:\n# c\n- 1\nb: 2\n", "a", "x\ny", 'a: "x\\ny"\n# c\nb: 2\n'),
    "value below a comment": ("a: # c\n  1\n", "a", 3, "a: # c\n  3\n"),
    "block scalar": ("a: |-  # c\n  x\n  y\n\n# d\nb: 1\n", "a", "z", "a: z  # c\n\n# d\nb: 1\n"),
    "folded plain text": ("a: one\n  two\nb: 1\n", "a", "z", "a: z\nb: 1\n"),
    "block mapping to a plain value": ("a: # c\n  x: 1\n  y: 2\nb: 1\n", "a", 5, "a: 5 # c\nb: 1\n"),
    "list to a plain value": ("a:\n- 1\n- 2\nb: 1\n", "a", 5, "a: 5\nb: 1\n"),
    "plain value to a list": ("a: 1 # c\nb: 1\n", "a", [1, {"k": "v"}], "a: # c\n  - 1\n  - k: v\nb: 1\n"),
    "lists as the document has them": ("l:\n- 1\na: 1\n", "a", [1], "l:\n- 1\na:\n- 1\n"),
    "item of an indented list": ("a:\n  - 1 # c\n  - 2\n", "a.1", 3, "a:\n  - 1 # c\n  - 3\n"),
    "item behind the last": ("a:\n  - 1\nb: 1\n", "a.1", {"k": 1, "l": 2},
                             "a:\n  - 1\n  - k: 1\n    l: 2\nb: 1\n"),
    "key in an item": ("a:\n- k: 1 # c\n- k: 2\n", "a.0.l", 3, "a:\n- k: 1 # c\n  l: 3\n- k: 2\n"),
    "several lines of text": ("a:\n  b: 1\n", "a.b", "x\n\ny\n", "a:\n  b: |\n    x\n\n    y\n"),
    "markers": ("--- # s\na: 1\n...\n", "b", 2, "--- # s\na: 1\nb: 2\n...\n"),
    "directive": ("%YAML 1.1\n---\na: 1\n", "a", 2, "%YAML 1.1\n---\na: 2\n"),
    "empty document": ("", "a.b", 1, "a:\n  b: 1\n"),
    "only comments": ("# c\n\n# d", "a", 1, "# c\n\n# d\na: 1"),
    "only a marker": ("---\n", "a", 1, "---\na: 1\n"),
    "an empty root": ("{}\n", "a", 1, "{a: 1}\n"),
    "multi-line flow": ("a: {\n  x: 1, # c\n  y: 2 # d\n}\n", "a.z", 3,
                        "a: {\n  x: 1, # c\n  y: 2, # d\n  z: 3\n}\n"),
    "multi-line flow, last comma": ("a: {\n  x: 1,\n}\n", "a.z", 3, "a: {\n  x: 1,\n  z: 3,\n}\n"),
    "flow list": ("a: [1, 2]\n", "a.2", 3, "a: [1, 2, 3]\n"),
    "flow with tight colons": ('a: {"x":1}\n', "a.x", 2, 'a: {"x":2}\n'),
    "emoji before the value": ("a: {😀: 1, b: 2} # 😀\n", "a.b", 3, "a: {😀: 1, b: 3} # 😀\n"),
    "an anchor nobody uses stays": ("a: &x 1\n", "a", 2, "a: &x 2\n"),
    "an alias is written over": ("a: &x 1\nb: *x\n", "b", 2, "a: &x 1\nb: 2\n"),
    "a tag goes": ("a: !!str 1 # c\n", "a", 2, "a: 2 # c\n"),
    "over a merged key": ("x: &x {p: 1}\na:\n  <<: *x\n", "a.p", 2, "x: &x {p: 1}\na:\n  <<: *x\n  p: 2\n"),
    "duplicate looking text": ("a: |\n  b: 1\nb: 2\n", "b", 3, "a: |\n  b: 1\nb: 3\n"),
    "text block at the end, no newline": ("a: |\n  x", "b", 1, "b: 1\na: |\n  x"),
    "a word that YAML 1.1 reads as a boolean": ("a: 1\n", "a", "off", 'a: "off"\n'),
    "a reference": ("a: 1\n", "a", "${PORT}", 'a: "${PORT}"\n'),
    "a number as text": ("a: x\n", "a", "1_000", 'a: "1_000"\n'),
    "sexagesimal text": ("a: x\n", "a", "12:30", 'a: "12:30"\n'),
    "a float with exponent": ("a: 1\n", "a", 1e20, "a: 1.0e+20\n"),
    "text with a hash": ("a: x\n", "a", "b #c", 'a: "b #c"\n'),
    "an address stays plain": ("a: x\n", "a", "https://h/p", "a: https://h/p\n"),
    "control characters": ("a: x\n", "a", "\x1b\u2028", 'a: "\\u001b\\u2028"\n'),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path", "value", "expected"), SET.values(), ids=SET)
def test_set(text, path, value, expected):
    assert edited(text, path, value) == expected
    assert Document.parse(expected.encode()).get(path.split(".")) == value


REMOVE = {
    "its comment goes, the others stay": ("# 1\na: 1 # a\n# 2\nb: 2\n", "a", "# 1\n# 2\nb: 2\n"),
    "comments indented below it go": ("a:\n  b: 1\n  # c: 2\n# d\ne: 1\n", "a", "# d\ne: 1\n"),
    "last line without newline": ("a: 1\nb: 2", "b", "a: 1"),
    "crlf, last line without newline": ("a: 1\r\nb: 2", "b", "a: 1"),
    "blank lines stay": ("a: 1\n\nb: 2\n\nc: 3\n", "b", "a: 1\n\n\nc: 3\n"),
    "block scalar": ("a: |\n  x\n\n  y\nb: 1\n", "a", "b: 1\n"),
    "blank lines do not grow a text above": ("a: |+\n  x\nb: 1\n\n\nc: 2\n", "b", "a: |+\n  x\nc: 2\n"),
    "nor at the end": ("a:\n- k: |+\n    x\n- 1\n  \n", "a.1", "a:\n- k: |+\n    x\n"),
    "first of a flow": ("a: {x: 1, y: 2}\n", "a.x", "a: {y: 2}\n"),
    "last of a flow": ("a: {x: 1, y: 2}\n", "a.y", "a: {x: 1}\n"),
    "only one of a flow": ("a: { x: 1 }\n", "a.x", "a: {  }\n"),
    "last of a block": ("a: # c\n  x: 1\nb: 2\n", "a.x", "a: {} # c\nb: 2\n"),
    "first key of an item": ("a:\n- x: 1 # c\n  y: 2\n", "a.0.x", "a:\n- y: 2\n"),
    "an item": ("a:\n- x: 1\n  y: 2\n# c\n- z\n", "a.0", "a:\n# c\n- z\n"),
    "last item": ("a:\n- 1\nb: 2\n", "a.0", "a: []\nb: 2\n"),
    "middle of a list": ("a: [1, 2, 3]\n", "a.1", "a: [1, 3]\n"),
    "explicit key": ("? a\n: 1\nb: 2\n", "a", "b: 2\n"),
    "the whole document": ("# c\na: 1\n", "a", "# c\n"),
    "before an end marker": ("a: 1\n...\n", "a", "{}\n...\n"),
    "bom": ("\ufeffa: 1\nb: 2\n", "a", "\ufeffb: 2\n"),
    "over a merged key": ("x: &x {p: 1}\na:\n  <<: *x\n  p: 2\n  q: 1\n", "a.p",
                          "x: &x {p: 1}\na:\n  <<: *x\n  q: 1\n"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path", "expected"), REMOVE.values(), ids=REMOVE)
def test_remove(text, path, expected):
    assert without(text, path) == expected


def test_pruning_takes_emptied_blocks_but_no_braces():
    assert without("a:\n  b:\n    c: 1\nd: 1\n", "a.b.c", prune=True) == "d: 1\n"
    assert without("a:\n  b:\n    c: 1\n  e: 1\n", "a.b.c", prune=True) == "a:\n  e: 1\n"
    assert without("a: {c: 1}\n", "a.c", prune=True) == "a: {}\n"
    assert without("a:\n- b: 1\n", "a.0.b", prune=True) == "a:\n- {}\n"


def test_removing_what_is_not_there_says_so():
    document = Document.parse(b"a: 1\n")
    assert not document.remove(("b",))
    assert not document.remove(("a", "b"))
    assert not document.changed


def test_a_mapping_changes_only_the_keys_that_differ():
    text = "d:\n  # why\n  a: 1 # one\n  b: 2\n  c: [1, 2] # three\n"
    assert (
        edited(text, "d", {"a": 1, "c": [1, 2], "e": 5})
        == "d:\n  # why\n  a: 1 # one\n  c: [1, 2] # three\n  e: 5\n"
    )


SHARED = {
    "below an alias": ("x: &x {p: 1}\na: *x\n", "a.p", "a is the alias *x (line 2)"),
    "below a merged block": (
        "x: &x {p: {q: 1}}\na:\n  <<: *x\n",
        "a.p.q",
        "a.p comes from a << key (line 1)",
    ),
    "what an alias shares": ("x: &x {p: 1}\na: *x\n", "x.p", "shared by the alias *x (line 2)"),
    "a value with a used anchor": ("a: &x 1\nb: *x\n", "a", "shared by the alias *x (line 2)"),
    "below a plain value": ("a: 1\n", "a.b", "a is a plain value"),
    "below a list": ("a: [1]\n", "a.b", "a is a list"),
    "a root that is a list": ("- 1\n", "a", "the file is a list"),
}


@pytest.mark.parametrize(("text", "path", "reason"), SHARED.values(), ids=SHARED)
def test_what_would_change_something_else_is_refused_with_the_line(text, path, reason):
    document = Document.parse(text.encode())
    with pytest.raises(DeploymentError) as caught:
        document.set(path.split("."), 2)
    assert caught.value.code == "edit-impossible"
    assert reason in caught.value.reason
    assert document.text == text


def test_removing_an_anchor_that_is_used_or_a_merged_key_is_refused():
    for text, path in (("a: &x 1\nb: *x\n", "a"), ("x: &x {p: 1}\na:\n  <<: *x\n  q: 1\n", "a.p")):
        with pytest.raises(DeploymentError) as caught:
            without(text, path)
        assert caught.value.code == "edit-impossible"


def test_a_failed_update_leaves_nothing_half_done():
    text = "x: &x {p: 1}\na: {b: 1, c: *x, d: 1}\n"
    document = Document.parse(text.encode())
    for value in ({"b": 2, "d": object()}, {"b": 2, "d": {"e": "\ud800"}}):
        with pytest.raises((DeploymentError, ValueError)):
            document.set(("a",), value)
        assert document.text == text


@pytest.mark.parametrize("value", [object(), b"x", float, {"a": {1, 2}}])
def test_values_that_yaml_cannot_hold_are_a_defect_of_the_caller(value):
    with pytest.raises(ValueError, match="cannot be written"):
        edited("a: 1\n", "a", value)


def test_a_lone_surrogate_from_a_command_line_is_refused():
    with pytest.raises(DeploymentError) as caught:
        edited("a: 1\n", "a", "caf\udce9")
    assert caught.value.code == "edit-impossible"


INVALID = {
    "duplicate key": ("a: 1\nb: 2\na: 3\n", 3, 1, "'a' is there twice"),
    "duplicate key in a flow": ("x: {a: 1, a: 2}\n", 1, 11, "'a' is there twice"),
    "two documents": ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
    "tab": ("a:\n\tb: 1\n", 2, 1, "tab"),
    "colon in text": ("a: b: c\n", 1, 5, "quote"),
    "unclosed quote": ("a: 'x\n", 1, 4, "not closed"),
    "unknown alias": ("a: 1\nb: *x\n", 2, 4, "*x has no anchor"),
    "an alias in itself": ("a: &x [1, *x]\n", 1, 11, "inside what it refers to"),
    "unknown tag": ("a: !python/object 1\n", 1, 4, "not understood"),
    "control character": ("a: 1\nb: x\x01\n", 2, 5, "U+0001"),
    "an int that is none": ("a: !!int x\n", 1, 4, "x"),
    "a key that is a list": ("? [a]\n: 1\n", 1, 3, "plain value"),
    "crlf lines count once": ("a: 1\r\nb: 2\r\na: 3\r\n", 3, 1, "twice"),
    "emoji are one column": ("😀: {a: 1, a: 2}\n", 1, 11, "twice"),
    "bom is no column": ("\ufeffa: b: c\n", 1, 5, "quote"),
    "merge of a plain value": ("a:\n  <<: 1\n", 2, 7, "takes a mapping"),
}


@pytest.mark.parametrize(("text", "line", "column", "message"), INVALID.values(), ids=INVALID)
def test_what_cannot_be_read_is_told_with_its_place(text, line, column, message):
    with pytest.raises(YamlError) as caught:
        Document.parse(text.encode())
    assert (caught.value.line, caught.value.column) == (line, column)
    assert message in caught.value.message


def test_bytes_that_are_not_utf8_have_a_place():
    with pytest.raises(YamlError) as caught:
        Document.parse(b"a: 1\nb: \xff\n")
    assert (caught.value.line, caught.value.column) == (2, 4)


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 3000, "- " * 5000, "a: " + "[" * 2000], ids=len)
def test_deep_nesting_is_an_error_and_no_crash(text):
    with pytest.raises(YamlError, match="100 levels"):
        Document.parse(text.encode())


def test_an_alias_bomb_is_refused_quickly():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(YamlError, match="expand"):
        Document.parse("\n".join(lines).encode())


def test_a_long_line_is_no_problem():
    text = "a: " + "x" * 200_000 + " # c\nb: 1\n"
    assert edited(text, "b", 2) == text.replace("b: 1", "b: 2")


def test_values_mean_what_holodeck_reads():
    document = Document.parse(
        b"a: yes\nb: 1e3\nc: 1:30\nd: 017\ne: 0o17\nf: 1_000\ng: ~\n"
        b"h: .inf\ni: 'no'\nj: 2020-01-01\nk: !!str 1\nl: on\n"
    )
    assert {name: value for name, value in document.data.items() if name != "j"} == {
        "a": True, "b": "1e3", "c": 90, "d": 15, "e": "0o17", "f": 1000, "g": None, "h": math.inf, "i": "no",
        "k": "1", "l": True,
    }  # fmt: skip
    assert document.data["j"].isoformat() == "2020-01-01"


def test_a_key_is_found_by_its_spelling_where_yaml_reads_something_else():
    assert edited("on: 1\n8080: x\n", "on", 2) == "on: 2\n8080: x\n"
    assert edited("on: 1\n8080: x\n", "8080", "k") == "on: 1\n8080: k\n"


def test_merge_keys_flatten_and_what_is_written_wins():
    document = Document.parse(b"x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  c: 3\n")
    assert document.get(("z",)) == {"a": 1, "b": 1, "c": 3}
    assert document.position(("z", "a")) == (1, 11)


def test_positions_of_keys_values_and_what_is_missing():
    document = Document.parse("# c\nd:\n  r: {u: x, é: 'y'}\n  l:\n    - a: 1\n  n:\n".encode())
    assert document.position(("d",), key=True) == (2, 1)
    assert document.position(("d", "r", "é")) == (3, 16)
    assert document.position(("d", "r", "é"), key=True) == (3, 13)
    assert document.position(("d", "l", 0, "a")) == (5, 10)
    assert document.position(("d", "l", 0)) == (5, 7)
    assert document.position(("d", "r", "missing", "more")) == (3, 3)
    assert document.position(("d", "n")) == (6, 5)
    assert document.position(("missing",)) == (2, 1)
    assert document.position(()) == (2, 1)
    assert Document.parse(b"").position(("a",)) == (1, 1)


def test_comments_go_by_what_they_hold_and_values_stay():
    text = (
        '# ${A} x\na: |  # ${B}\n  # ${C} content\n # ${D} after\nb: "x # ${E}" # ${F}\n'
        "c: [1, # ${G}\n  2 # keep\n  ,'# ${H}']\nd: x#${I} y\n"
    )
    document = Document.parse(text.encode())
    document.remove_comments(re.compile(r"\$\{\w+\}"))
    assert document.text == (
        "a: |\n  # ${C} content\nb: \"x # ${E}\"\nc: [1,\n  2 # keep\n  ,'# ${H}']\nd: x#${I} y\n"
    )


def test_a_path_as_people_write_it():
    assert dotted(("a", 0, "b.c", "d\\")) == "a.0.b\\.c.d\\\\"


@pytest.mark.parametrize("text", ["a: &x 1\nb: &x 2\n", "a: &x\n  b: &x 1\n"])
def test_an_anchor_twice_is_refused_as_holodeck_refuses_it(text):
    with pytest.raises(YamlError, match="the anchor &x is there twice"):
        Document.parse(text.encode())


@pytest.mark.parametrize("name", ["a.b", "é", "\u2028", "a/b"])
def test_an_anchor_that_holodeck_cannot_load_is_refused(name):
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load(f"a: &{name} 1\n")
    with pytest.raises(YamlError, match="holodeck-ai cannot load others") as caught:
        Document.parse(f"a: &{name} 1\n".encode())
    assert (caught.value.line, caught.value.column) == (1, 4)
