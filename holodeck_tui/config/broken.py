"""What is wrong with a text that is no YAML, in plain words: where, what, and what to write instead.

The parser tells what it expected and where it noticed. What it noticed often began earlier: with a quote, a
bracket, a key without a space. Nothing of the text is quoted: what stands there may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from holodeck_tui.config.lines import line_start
from holodeck_tui.config.misplaced import OUT_OF_TEXT, in_brackets, no_content, no_end, unclosed_quote
from holodeck_tui.config.trouble import Told, Trouble, indent

TAB = "a tab stands here, and YAML takes spaces only: put spaces in its place"
_FENCE = "``` is Markdown's, not YAML's: take the line out"
_COLON = "write `key: value`"

_CONFLICT = re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE)
_LEAD = r"[ ]*(?:- +)*"
# A key with a value behind it in its line; a key or a dash alone; a key whose colon has no space behind it.
_PAIR = re.compile(_LEAD + r"(?:[^\s#'\"][^#]*?|'[^']*'|\"[^\"]*\")\s*:[ \t]+(?P<value>[^\s#].*)")
_OPENING = re.compile(_LEAD + r"\S.*:[ \t]*(?:[|>][-+0-9]*[ \t]*)?(?:#.*)?\Z")
_GLUED = re.compile(_LEAD + r"[\w.'\"-]+(?P<colon>:)(?!//)\S")
_TEXT_BELOW = re.compile(r".*[:-][ \t]+[|>][-+0-9]*[ \t]*(?:#.*)?\Z")


def plain_words(trouble: Trouble) -> Told:
    """Where and what; the parser's own words where it is none of the usual troubles."""
    conflict = _CONFLICT.search(trouble.text)
    if conflict is not None:
        return conflict.start(), "a merge left both sides here: keep one and take its marks out"
    words = " ".join(part for part in (trouble.problem, trouble.context) if part)
    for pattern, tell in _TELLERS:
        told = tell(trouble) if re.search(pattern, words) else None
        if told is not None:
            return told
    return trouble.here(words)


def _second_colon(trouble: Trouble) -> Told:
    pair = _PAIR.match(trouble.line + ":")
    if pair is not None and pair["value"][0] in "\u2018\u2019\u201c\u201d\u201e":
        return trouble.here("typographic quotes are none for YAML: put the value in \" or '")
    if pair is not None:
        return trouble.here(
            "a second colon in this line: put the value in quotes, or each key in its own line"
        )
    depth, keyless = indent(trouble.line), None
    for offset, line in trouble.above(trouble.at):
        dash = line.lstrip().startswith("- ") and not _GLUED.match(line)
        holds = dash or _PAIR.match(line) is not None
        if holds and indent(line) < depth:
            where, other = line_start(trouble.text, trouble.at) + depth, trouble.number(offset)
            deeper = f"this line is indented deeper than line {other}, which has its value already"
            return where, f"{deeper}: align the two, or put a text of several lines in quotes"
        if holds or _OPENING.match(line):
            break
        keyless = offset
    if keyless is None:
        return trouble.here(f"a colon is out of place: {_COLON}, or put the value in quotes")
    return _no_key(trouble, keyless)


def _no_colon(trouble: Trouble) -> Told:
    return _no_key(trouble, trouble.began)


def _bare_line(trouble: Trouble) -> Told | None:
    return _no_key(trouble, trouble.at) if not trouble.line.strip() else None


def _no_key(trouble: Trouble, offset: int) -> Told:
    """Of the line at ``offset``, which is no key with a colon and a space."""
    start, line = line_start(trouble.text, offset), trouble.line_of(offset)
    glued = _GLUED.match(line)
    if glued is not None:
        return start + glued.start("colon"), f"a space is missing behind the colon: {_COLON}"
    if "\uff1a" in line:
        return start + line.index("\uff1a"), f"this colon is another character (U+FF1A): {_COLON}"
    if line.lstrip().startswith("```"):
        return start, _FENCE
    if _below_text(trouble, start):
        return start, OUT_OF_TEXT
    return start + indent(
        line
    ), f"no key and colon in this line: {_COLON}, or indent it as part of the value above"


def _below_text(trouble: Trouble, offset: int) -> bool:
    """Whether the first line above that is not deeper begins a text by ``|`` or ``>``."""
    depth = indent(trouble.line_of(offset))
    for _, line in trouble.above(offset):
        if _TEXT_BELOW.match(line):
            return True
        if indent(line) <= depth:
            return False
    return False


def _begins_badly(trouble: Trouble) -> Told:
    sign = trouble.text[trouble.at : trouble.at + 1]
    if sign == "\t":
        return trouble.here(TAB)
    if trouble.text.startswith("```", trouble.at) and not trouble.line.strip():
        return trouble.here(_FENCE)
    return trouble.here(f"a value may not begin with {sign}: put it in quotes")


def _named_badly(trouble: Trouble) -> Told | None:
    sign = trouble.text[trouble.began : trouble.began + 1]
    return (trouble.began, f"a value may not begin with {sign}: put it in quotes") if sign in "&*!%" else None


def _two_documents(trouble: Trouble) -> Told:
    first = re.search(r"^( *)[^\s#]", trouble.text, re.MULTILINE)
    if first is not None and len(first[1]) > indent(trouble.line):
        line = trouble.number(first.start())
        return trouble.here(
            f"this line is indented less than line {line}, the first: begin both in the same column"
        )
    return trouble.here(
        "this line does not go on from what stands above it: write the whole file as keys and values"
    )


def _said(words: str) -> Callable[[Trouble], Told]:
    return lambda trouble: trouble.here(words)


_TELLERS: tuple[tuple[str, Callable[[Trouble], Told | None]], ...] = (
    ("an? (anchor|alias|tag|directive)$|undefined tag handle", _named_badly),
    ("mapping values are not allowed", _second_colon),
    ("could not find expected ':'", _no_colon),
    ("that cannot start any token", _begins_badly),
    (
        "sequence entries are not allowed",
        _said("a list begins in the line below its key; a text that begins with - needs quotes"),
    ),
    ("mapping keys are not allowed", _said("a value may not begin with ?: put it in quotes")),
    ("expected <block end>", no_end),
    ("expected <block end>, but found '<scalar>'", _bare_line),
    ("expected ',' or ", in_brackets),
    ("expected the node content", no_content),
    ("unexpected (end of stream|document separator)", unclosed_quote),
    (
        "unknown escape character|expected escape sequence",
        _said("a \\ in double quotes begins a sign of its own: write \\\\, or take single quotes"),
    ),
    (
        "expected (chomping or indentation|indentation indicator|a comment or a line break)",
        _said("nothing may stand behind | or >: put the text into the next lines, or the value in quotes"),
    ),
    ("expected '<document start>'", _two_documents),
)
