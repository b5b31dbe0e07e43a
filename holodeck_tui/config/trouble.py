"""What the parser tells of a text that is no YAML, and the lines around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from holodeck_tui.config.lines import line_end, line_start
from holodeck_tui.config.nodes import line_column

# Characters of a line: no line takes long to look at.
_LOOKED_AT = 400

Told = tuple[int, str]
"""An offset, and one sentence about what stands there."""


@dataclass(frozen=True)
class Trouble:
    """The parser's words, where it noticed (``at``) and where what it was reading began, as offsets."""

    text: str
    problem: str
    context: str
    at: int
    began: int

    def here(self, words: str) -> Told:
        """Said of the place where it was noticed."""
        return self.at, words

    @property
    def found(self) -> str:
        """The token that the parser did not expect."""
        match = re.search(r"(?:found|got) \(?'(?P<token>[^']*)'", self.problem)
        return match["token"] if match else ""

    @property
    def line(self) -> str:
        """The line of ``at``, up to it."""
        return self.text[line_start(self.text, self.at) : self.at][:_LOOKED_AT]

    def line_of(self, offset: int) -> str:
        """The line of ``offset``."""
        start = line_start(self.text, offset)
        return self.text[start : line_end(self.text, start)][:_LOOKED_AT]

    def number(self, offset: int) -> int:
        """The number of that line, from 1."""
        return line_column(self.text, offset)[0]

    def above(self, offset: int) -> Iterator[tuple[int, str]]:
        """Where each line above that one begins, and what it is; nearest first, none of comments alone."""
        start, first = line_start(self.text, offset), line_start(self.text, 0)
        while start > first:
            start = line_start(self.text, start - (2 if self.text.startswith("\r\n", start - 2) else 1))
            line = self.line_of(start)
            if line.strip() and not line.lstrip().startswith("#"):
                yield start, line


def indent(line: str) -> int:
    """How many spaces it begins with."""
    return len(line) - len(line.lstrip(" "))
