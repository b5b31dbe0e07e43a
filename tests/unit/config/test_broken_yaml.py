"""A file that is no YAML: told in plain words, at the line to change, and what is told mends it."""

from __future__ import annotations

import textwrap
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holodeck_tui.config.document import Document, YamlError
from holodeck_tui.config.nodes import BREAK
from tests.unit.config.yaml_texts import yaml_texts

pytestmark = pytest.mark.unit

# Words of ruamel.yaml's that nobody knows who does not know the grammar.
JARGON = ("<block", "while ", "expected", "token", "scalar", "mapping", "not allowed here", "stream", "flow")

# What was written; where and what it is told; what is written when that is followed.
BROKEN = {
    "a colon in a value": ("description: Note: be kind", 1, 18, "in quotes", 'description: "Note: be kind"'),
    "two keys in a line": ("port: 1, protocol: rest", 1, 18, "in its own line", "port: 1\nprotocol: rest"),
    "typographic quotes": ("name: “a: b”", 1, 9, "typographic", 'name: "a: b"'),
    "no space behind the colon": ("name:shop\nport: 1", 1, 5, "space is missing", "name: shop\nport: 1"),
    "no space, further down": ("name: a\nport:1\nx: 2", 2, 5, "space is missing", "name: a\nport: 1\nx: 2"),
    "no space, at the end": ("name: shop\nport:1\n", 2, 5, "space is missing", "name: shop\nport: 1\n"),
    "no space, in a block": ("d:\n  port:1\n  x: 2", 2, 7, "space is missing", "d:\n  port: 1\n  x: 2"),
    "no space, in a list": ("t:\n  - name:a\n    x: 2", 2, 9, "space is missing", "t:\n  - name: a\n    x: 2"),
    "a colon of another script": ("name\uff1a a\nx: 2", 1, 5, "U+FF1A", "name: a\nx: 2"),
    "no colon": ("name: a\nport 1\nx: 2", 2, 1, "write `key: value`", "name: a\nport: 1\nx: 2"),
    "an assignment": ("env:\n  A=b\n  C: d", 2, 3, "write `key: value`", "env:\n  A: b\n  C: d"),
    "a text that goes on": ("a: be kind\nand short\nx: 2", 2, 1, "indent it", "a: be kind\n  and short\nx: 2"),
    "a fence": ("```yaml\nname: a", 1, 1, "Markdown", "name: a"),
    "a tab": ("d:\n\tport: 1", 2, 1, "spaces in its place", "d:\n  port: 1"),
    "a tab behind spaces": ("d:\n  port: 1\n  \tx: 2", 3, 3, "spaces in its place", "d:\n  port: 1\n  x: 2"),
    "too deep": ("d:\n  port: 1\n    x: 2", 3, 5, "deeper than line 2", "d:\n  port: 1\n  x: 2"),
    "too deep in a list": ("t:\n- a: 1\n   b: 2", 3, 4, "deeper than line 2", "t:\n- a: 1\n  b: 2"),
    "a text with a colon": ("a: be\n  x: kind", 2, 3, "in quotes", 'a: "be\n  x: kind"'),
    "a text of three lines": ("a: be\n  kind\n  x: y", 3, 3, "than line 1", 'a: "be\n  kind\n  x: y"'),
    "between two levels": ("d:\n  r:\n    u: x\n   v: y", 4, 4, "by 2 or 4", "d:\n  r:\n    u: x\n    v: y"),
    "above the first level": ("d:\n    a: 1\n  b: 2", 3, 3, "by 0 or 4", "d:\n    a: 1\n    b: 2"),
    "a dash between": ("t:\n  - a: 1\n   - a: 2", 3, 4, "by 2: align it", "t:\n  - a: 1\n  - a: 2"),
    "a dash too deep": ("t:\n  - a: 1\n    - b: 2", 3, 5, "by 2 spaces", "t:\n  - a: 1\n  - b: 2"),
    "a dash among keys": ("t:\n  b: c\n  - a", 3, 3, "a key with a colon", "t:\n  b: c\n  d:\n  - a"),
    "a key among dashes": ("t:\n  - a\n  b: c", 3, 3, "put - before it", "t:\n  - a\n  - b: c"),
    "a list behind its key": ("t: - a", 1, 4, "in the line below", "t:\n- a"),
    "the first line too deep": ("  a: 1\nb: 2", 2, 1, "less than line 1", "a: 1\nb: 2"),
    "a list, then a key": ("[a]\nb: c", 2, 1, "as keys and values", "a: a\nb: c"),
    "a quote that stays open": ('a: "x\nb: 1', 1, 4, 'put " behind the value', 'a: "x"\nb: 1'),
    "a quote closed by another": ('a: "x\nb: "y"', 1, 4, 'put " behind the value', 'a: "x"\nb: "y"'),
    "an apostrophe": ("a: 'it's'", 1, 8, "write '' for a '", "a: 'it''s'"),
    "a quote in a quote": ('a: "say "hi" to"', 1, 10, 'write \\"', 'a: "say \\"hi\\" to"'),
    "a backslash": ('a: "C:\\Users"', 1, 9, "write \\\\", 'a: "C:\\\\Users"'),
    "a backslash of no sign": ('a: "\\d+"', 1, 6, "single quotes", "a: '\\d+'"),
    "an open bracket": ("a: [1, 2\nb: 3", 1, 4, "put ] behind", "a: [1, 2]\nb: 3"),
    "an open bracket at the end": ("a: [1, 2\n", 1, 4, "put ] behind", "a: [1, 2]\n"),
    "an open brace": ("m: {a: b\nn: {c: d}", 1, 4, "put } behind", "m: {a: b}\nn: {c: d}"),
    "a bracket as the last": ("m: {a: [\n", 1, 8, "put ] behind", "m: {a: []}\n"),
    "a bracket before a block": ("t: [\n  a: b\n  c: [d]", 1, 4, "put ] behind", "t: [a: b, c: [d]]"),
    "no comma in braces": ("m: {a: b,\n c: d\n e: f}", 3, 3, "a comma is missing", "m: {a: b,\n c: d,\n e: f}"),
    "the other bracket": ("m: {a: b]\nx: 1", 1, 9, "} should close the { of line 1", "m: {a: b}\nx: 1"),
    "a bracket too many": ("m: {a: b}}\nx: 1", 1, 10, "take it out", "m: {a: b}\nx: 1"),
    "a bracket alone": ("a: ]", 1, 4, "in quotes", 'a: "]"'),
    "no comma in a list": ('a: ["b" "c"]', 1, 9, "a comma is missing", 'a: ["b", "c"]'),
    "no comma in JSON": ('{\n "a": 1\n "b": 2\n}', 3, 5, "a comma is missing", '{\n "a": 1,\n "b": 2\n}'),
    "a comma too many": ("a: [b,,c]", 1, 7, "take it out", "a: [b,c]"),
    "a comma of JSON": ('"a": "b",\n"c": "d"', 1, 9, "take it out", '"a": "b"\n"c": "d"'),
    "words behind a bracket": ("a: [x] y", 1, 8, "the whole of it in quotes", 'a: "[x] y"'),
    "a template": ("a: {{ name }}", 1, 5, "in quotes", 'a: "{{ name }}"'),
    "an at sign": ("a: @shop", 1, 4, "in quotes", 'a: "@shop"'),
    "a percent sign": ("a: %x", 1, 4, "in quotes", 'a: "%x"'),
    "a backtick": ("a: `x`", 1, 4, "in quotes", 'a: "`x`"'),
    "a star": ("a: *.md", 1, 4, "in quotes", 'a: "*.md"'),
    "a star alone": ("a: *", 1, 4, "in quotes", 'a: "*"'),
    "an ampersand": ("a: & b", 1, 4, "in quotes", 'a: "& b"'),
    "an exclamation mark": ("a: !x", 1, 4, "in quotes", 'a: "!x"'),
    "a question mark": ("a: ? b", 1, 4, "in quotes", 'a: "? b"'),
    "greater than": ("a: >= 3", 1, 5, "in quotes", 'a: ">= 3"'),
    "a text behind the sign": ("a: | be kind", 1, 6, "the next lines", "a: |\n  be kind"),
    "a text that is not indented": ("a: |\nbe kind", 2, 1, "indent this line", "a: |\n  be kind"),
    "a text that ends early": (
        "i:\n  a: |\n    be\n   kind", 4, 4, "indent this line", "i:\n  a: |\n    be\n    kind",
    ),
    "a value between two levels": ("d:\n  e:\n f", 3, 2, "indent it", "d:\n  e:\n    f"),
    "a colon before a value": ("a: {b: :c}", 1, 8, "in quotes", 'a: {b: ":c"}'),
    "no key": (": a", 1, 1, "write a key", "b: a"),
    "a key twice": ("a: 1\nb: 2\na: 3", 3, 1, "the first in line 1", "a: 1\nb: 2"),
    "a merge": ("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> b", 1, 1, "keep one", "a: 1"),
    "two documents": ("a: 1\n---\nb: 2", 2, 1, "take out ---", "a: 1"),
    "behind a byte order mark": ("\ufeffname:shop\nport: 1", 1, 5, "space is missing", "\ufeffname: shop\nport: 1"),
    "lines of Windows": ("a: 1\r\n# c\r\nport:1\r\nx: 2", 3, 5, "space is missing", "a: 1\r\nport: 1\r\nx: 2"),
}  # fmt: skip


def parsed(text: str) -> YamlError | None:
    try:
        Document.parse(text.encode())
    except YamlError as error:
        return error
    return None


def trouble(text: str) -> YamlError:
    told = parsed(text)
    assert told is not None
    return told


@pytest.mark.parametrize(("text", "line", "column", "words", "mended"), BROKEN.values(), ids=BROKEN)
def test_it_is_told_in_plain_words_and_mended_by_them(text, line, column, words, mended):
    told = trouble(text)
    assert (told.line, told.column) == (line, column), told.message
    assert words in told.message
    assert not [word for word in JARGON if word in told.message]
    Document.parse(mended.encode())


def test_what_has_no_plain_words_is_told_in_the_parsers():
    told = trouble("%YAML 3.0\n---\na: 1\n")
    assert told.message == "found incompatible YAML document (version 1.* is required)"


@pytest.mark.parametrize("name", ["agent.yaml", "deploy.yaml", "config.yaml"])
def test_validate_tells_it_of_every_file(project, name):
    project.write(name, "name: shop\ndescription: Note: be kind\n")
    [problem] = project.errors()
    assert (problem.file, problem.line) == (name, 2)
    assert problem.message.startswith("not valid YAML: a second colon in this line: put the value in quotes")


@pytest.mark.parametrize(
    "text",
    ["key: canary-8d1f: x", "a: 'canary'8d1f'", "canary-8d1f\nb: 1", "a: 1\ncanary:8d1f\nb: 2", "a: @canary"],
)
def test_no_value_is_quoted(text):
    assert "canary" not in trouble(text).message
    assert "8d1f" not in trouble(text).message


@pytest.mark.parametrize(
    "text", ["a: b\n  " + " " * 200_000 + "c: d", "a" * 200_000 + "\nb: 1", "x\n" * 40_000 + "b: 1"], ids=len
)
def test_long_lines_and_many_take_no_time(text):
    began = time.monotonic()
    assert trouble(text).message
    assert time.monotonic() - began < 20


def test_an_agent_of_a_screenful(project):
    text = """\
        # An agent.
        name: shop
        model:
          provider: openai
           name: gpt-4o
        instructions:
          inline: |
            Be kind.
        """
    told = trouble(textwrap.dedent(text))
    assert (told.line, told.column) == (5, 4)
    assert "deeper than line 4" in told.message


SIGNS = st.sampled_from(
    [*"\t\n :-'\"[]{},|>&*!%@`#?\\\x00\u2028\ufeff", "  ", "- ", ": ", "\r\n", "${", "---\n"]
)


@given(data=st.data(), text=yaml_texts())
@settings(max_examples=300, deadline=None)
def test_every_broken_text_has_one_line_of_words_and_a_line_that_is_there(data, text):
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        taken = data.draw(st.integers(0, 3))
        text = text[:at] + data.draw(st.one_of(st.just(""), SIGNS)) + text[at + taken :]
    told = parsed(text)
    if told is None:
        return
    lines = BREAK.split(text)
    assert told.message.strip()
    assert told.message.isprintable()
    assert len(told.message) < 200
    assert 1 <= told.line <= len(lines)
    assert 1 <= told.column <= len(lines[told.line - 1]) + 1
