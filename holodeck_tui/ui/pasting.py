"""What is pasted: it comes from outside, and may hold what a terminal would obey."""

from __future__ import annotations

from textual.events import Paste
from textual.widget import Widget
from textual.widgets import Input

from holodeck_tui.core.redact import sanitize

_ESCAPE, _BEGIN, _END = "\x1b", "\x1b[200~", "\x1b[201~"
# Stands for an Escape within a paste. Unicode keeps it for a program's own use: no text has it.
_QUOTED = "\ufdd0"


class PasteGuard:
    """Quotes the Escapes within a paste, in whatever pieces it comes.

    Textual takes what follows such an Escape for keys: pasted lines of a coloured log typed and pressed
    enter, or began a deploy. :func:`pasted` gives the Escapes back, and takes the sequences out whole.
    """

    def __init__(self) -> None:
        self._within = False
        self._last = ""

    def __call__(self, data: str) -> str:
        """What the parser may have of ``data``. The begin of an end is held back until the rest is there."""
        made: list[str] = []
        while data:
            data = self._end(self._last + data, made) if self._within else self._begin(data, made)
        return "".join(made)

    def _begin(self, data: str, made: list[str]) -> str:
        # An Escape is not held back here: it may be a key.
        known = len(self._last)
        at = (self._last + data).find(_BEGIN)
        if at < 0:
            made.append(data)
            self._last = (self._last + data)[1 - len(_BEGIN) :]
            return ""
        cut = at + len(_BEGIN) - known
        made.append(data[:cut])
        self._within, self._last = True, ""
        return data[cut:]

    def _end(self, data: str, made: list[str]) -> str:
        text, end, rest = data.partition(_END)
        self._within, self._last = not end, ""
        if not end:
            held = max(size for size in range(len(_END)) if text.endswith(_END[:size]))
            text, self._last = text[: len(text) - held], text[len(text) - held :]
        made += text.replace(_ESCAPE, _QUOTED), end
        return rest


def pasted(event: Paste, into: Widget | None) -> Paste:
    """The same, cleaned. A field has one line: it gets all lines as one, where Textual keeps the first."""
    # Terminals send the ends of lines as carriage returns.
    text = event.text.replace(_QUOTED, _ESCAPE).replace("\r\n", "\n").replace("\r", "\n")
    if not isinstance(into, Input):
        return Paste(sanitize(text, keep_newlines=True))
    return Paste(sanitize(text.strip("\n").replace("\t", " ")))
