"""What a terminal without UTF-8 sees in place of signs and lines: ASCII, cell for cell.

Textual draws borders, bars, arrows and cut ends itself, in many widgets; all of it goes through line filters.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# As wide as what they stand for, or what is beside them would move.
_SIGNS = {
    "🔎": "> ",
    "⏎": "<",
    "…": "~",
    "·": "-",
    "•": "*",
    "●": "*",
    "○": "o",
    "◐": "~",
    "◆": "*",
    "■": "#",
    "✔": "+",
    "✓": "+",
    "✖": "x",
    "×": "x",  # noqa: RUF001 - the sign is what is meant
    "↑": "^",
    "▲": "^",
    "△": "^",
    "↓": "v",
    "▼": "v",
    "▽": "v",
    "→": ">",
    "▶": ">",
    "▸": ">",
    "←": "<",
    "◀": "<",
    "⌫": "<",
    "–": "-",  # noqa: RUF001 - the sign is what is meant
    "—": "-",
    "━": "-",
    "═": "-",
    "─": "-",
    "╸": "-",
    "╺": "-",
    "▔": "-",
    "▀": "-",
    "▄": "_",
    "▁": "_",
    "│": "|",
    "┃": "|",
    "║": "|",
    "▌": "|",
    "▐": "|",
    "▎": "|",
    "▊": "|",
    "▏": "|",
    "▕": "|",
    "█": "#",
    "░": ".",
    "▒": ".",
    "▓": "#",
}
# The rest of the lines of boxes meet or turn; the rest of the blocks are parts of a cell, as of a scroll bar.
_LINES, _BLOCKS = range(0x2500, 0x2580), range(0x2580, 0x25A0)
_PLAIN = str.maketrans(
    {**dict.fromkeys(map(chr, _LINES), "+"), **dict.fromkeys(map(chr, _BLOCKS), " "), **_SIGNS}
)

# Keys that Textual shows by a sign. A letter of the user's keyboard stays what it is.
_KEYS = str.maketrans({"↑": "up", "↓": "down", "←": "left", "→": "right", "⌫": "bksp", "⏎": "enter"})


class PlainDrawing(LineFilter):
    """Put on every line before it is shown; what comes from outside keeps its letters."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same in ASCII."""
        return [
            segment if segment.text.isascii() else Segment(segment.text.translate(_PLAIN), *segment[1:])
            for segment in segments
        ]


def plain_key(shown: str) -> str:
    """The name of a key in ASCII: ``enter`` for its sign."""
    return shown.translate(_KEYS)
