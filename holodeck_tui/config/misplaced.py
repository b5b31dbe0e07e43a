"""Blocks and brackets that do not end where they should, in plain words."""

from __future__ import annotations

import re

from holodeck_tui.config.lines import column
from holodeck_tui.config.reached import Reached, reached
from holodeck_tui.config.trouble import Told, Trouble

OUT_OF_TEXT = "the text below | or > ends where a line is indented less: indent this line as the rest of it"

_OTHER = {"[": "]", "{": "}", "]": "[", "}": "{"}


def no_end(trouble: Trouble) -> Told | None:
    """A block goes on with what does not belong to it."""
    found = trouble.found
    if found in {"]", "}", ","}:
        return no_content(trouble)
    if found == ":":
        return trouble.here("a colon without a key before it: write a key, or put the value in quotes")
    there = reached(trouble.text, trouble.at)
    if found in {"<block mapping start>", "<block sequence start>"}:
        return trouble.here(
            _between(column(trouble.text, trouble.at), there, found == "<block sequence start>")
        )
    if found == "-":
        return trouble.here(_dash(there))
    if found == "?":
        return trouble.here(
            "a key among the entries of a list: align it with the keys above, or put - before it"
        )
    return _goes_on(trouble, there)


def _between(here: int, there: Reached, dash: bool) -> str:
    """Of a line that stands between two levels."""
    fitting = there.columns(lists=dash) or there.columns(lists=not dash)
    near = sorted(sorted(set(fitting), key=lambda one: abs(one - here))[:2])
    if not near:
        return "the indentation fits no line above: align it with the line it belongs to"
    choice = " or ".join(map(str, near))
    todo = "align it" if len(near) == 1 else "take one of these"
    return f"this line is indented by {_spaces(here)}, what it could belong to by {choice}: {todo}"


def _spaces(count: int) -> str:
    return f"{count} space{'s' * (count != 1)}"


def _dash(there: Reached) -> str:
    lists = there.columns(lists=True)
    if lists:
        return f"an entry of a list among keys: indent it by {_spaces(max(lists))} as the entries above"
    return "an entry of a list among keys: put a key with a colon above it, and the list below that"


def _goes_on(trouble: Trouble, there: Reached) -> Told | None:
    """A value stands behind a value."""
    if there.style in {"|", ">"}:
        return trouble.here(OUT_OF_TEXT)
    if there.style and trouble.number(there.start) < trouble.number(there.end):
        return there.start, _unclosed(there.style)
    if there.style == "'":
        return trouble.here("the value goes on behind its closing quote: write '' for a ' in it")
    if there.style == '"':
        return trouble.here('the value goes on behind its closing quote: write \\" for a " in it')
    if there.closed:
        return trouble.here("the value goes on behind its closing bracket: put the whole of it in quotes")
    return None


def unclosed_quote(trouble: Trouble) -> Told:
    """The text ends in it."""
    return trouble.began, _unclosed(trouble.text[trouble.began : trouble.began + 1])


def _unclosed(quote: str) -> str:
    return f"this quote is not closed: put {quote} behind the value, in its line"


def in_brackets(trouble: Trouble) -> Told | None:
    """Neither a comma nor the end."""
    opening, found = trouble.text[trouble.began : trouble.began + 1], trouble.found
    if opening not in {"[", "{"}:
        return None
    closing, line = _OTHER[opening], trouble.number(trouble.began)
    if found in {"]", "}"}:
        return trouble.here(f"{found} stands where {closing} should close the {opening} of line {line}")
    if found == "<stream end>" or not _closes(trouble.text, trouble.began, opening, closing):
        return _open_bracket(trouble, trouble.began)
    missing = "a comma is missing before this entry"
    return trouble.here(f"{missing}, or quotes around a value that has a colon" if found == ":" else missing)


def _open_bracket(trouble: Trouble, at: int) -> Told:
    opening = trouble.text[at : at + 1]
    return at, f"this {opening} is not closed: put {_OTHER.get(opening)} behind its last entry"


def _closes(text: str, start: int, opening: str, closing: str) -> bool:
    """Whether as many brackets are closed behind ``start`` as are opened, wherever they stand."""
    depth = 0
    for match in re.finditer(f"[{re.escape(opening + closing)}]", text[start:]):
        depth += 1 if match.group() == opening else -1
        if depth == 0:
            return True
    return False


def no_content(trouble: Trouble) -> Told | None:
    """A sign of brackets stands where a value should."""
    found = trouble.found
    if found in {"]", "}"}:
        return trouble.here(
            f"no {_OTHER[found]} goes before this {found}: take it out, or put the value in quotes"
        )
    if found == "<stream end>":
        brackets = reached(trouble.text, trouble.at).brackets
        return _open_bracket(trouble, brackets[-1]) if brackets else None
    if found == ":":
        return trouble.here("a value may not begin with a colon: put it in quotes")
    if found != ",":
        return None
    if "flow" in trouble.context:
        return trouble.here("nothing stands before this comma: take it out")
    return trouble.here("a comma stands behind the value: take it out, or put the whole value in quotes")
