"""How far a text could be read: the levels that are open there, and the last value."""

from __future__ import annotations

from dataclasses import dataclass, field

from holodeck_tui.config.tokens import loader


@dataclass
class Reached:
    """``style`` is the last value's quote, ``|`` or ``>``; ``closed`` says that it was a bracket's end.

    ``brackets`` are the offsets of those that are open, innermost last.
    ``open`` and ``left`` are levels as (0-based column, whether a list): those that go on, innermost last,
    and those that ended just before.
    """

    style: str = ""
    start: int = 0
    end: int = 0
    closed: bool = False
    brackets: list[int] = field(default_factory=list)
    open: list[tuple[int, bool]] = field(default_factory=list)
    left: list[tuple[int, bool]] = field(default_factory=list)

    def columns(self, *, lists: bool) -> list[int]:
        """The columns where an entry, or a key, could stand instead."""
        return [at for at, is_list in (*self.open, *self.left) if is_list == lists]


def reached(text: str, at: int) -> Reached:
    """Read up to the offset ``at``; ``text`` is tokens up to there."""
    from ruamel.yaml import tokens

    there = Reached()
    for token in loader().scan(text):
        start, end = token.start_mark, token.end_mark
        if start.index >= at and not isinstance(token, tokens.BlockEndToken):
            break
        if isinstance(token, (tokens.BlockMappingStartToken, tokens.BlockSequenceStartToken)):
            there.open.append((start.column, isinstance(token, tokens.BlockSequenceStartToken)))
            there.left = []
            continue
        if isinstance(token, tokens.BlockEndToken):
            there.left.append(there.open.pop())
            continue
        there.left = []
        if isinstance(token, tokens.ScalarToken):
            there.style, there.closed = token.style or "", False
            there.start, there.end = start.index, end.index
        elif isinstance(token, (tokens.FlowMappingStartToken, tokens.FlowSequenceStartToken)):
            there.brackets.append(start.index)
        elif isinstance(token, (tokens.FlowMappingEndToken, tokens.FlowSequenceEndToken)):
            there.style, there.closed = "", True
            there.brackets = there.brackets[:-1]
    return there
