"""How it looks: themes of ours beside Textual's, and a state as glyph, word and colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from textual.theme import BUILTIN_THEMES, Theme

DARK, LIGHT, SAFE, ANSI, ANSI_LIGHT = (
    "holodeck-dark",
    "holodeck-light",
    "holodeck-colour-blind",
    "ansi-dark",
    "ansi-light",
)

# The colour-blind safe one: Okabe and Ito's palette, blue for well and vermilion for ill.
THEMES: tuple[Theme, ...] = (
    Theme(
        DARK,
        primary="#6ea8d8",
        secondary="#8fa3b5",
        accent="#6ea8d8",
        success="#7fbf7f",
        warning="#d9b45b",
        error="#e07a72",
        foreground="#d6dbe0",
        background="#14181d",
        surface="#1a2027",
        panel="#232b34",
        dark=True,
    ),
    Theme(
        LIGHT,
        primary="#1f5f99",
        secondary="#5b6b7a",
        accent="#1f5f99",
        success="#1f7a33",
        warning="#8a6100",
        error="#b3261e",
        foreground="#1d2429",
        background="#fbfbfa",
        surface="#f2f3f3",
        panel="#e4e7e9",
        dark=False,
    ),
    Theme(
        SAFE,
        primary="#56b4e9",
        secondary="#999999",
        accent="#56b4e9",
        success="#56b4e9",
        warning="#f0e442",
        error="#e8854a",
        foreground="#e6e6e6",
        background="#121212",
        surface="#1c1c1c",
        panel="#2a2a2a",
        dark=True,
    ),
    # Textual's own warns in the brighter of two reds, which is error's to the eye. Yellow is pale on white.
    replace(BUILTIN_THEMES[ANSI_LIGHT], warning="ansi_magenta"),
)


def first_theme(environ: Mapping[str, str], wanted: str | None) -> str:
    """The theme to start with: the user's, the terminal's own colours under NO_COLOR, else by COLORFGBG.

    Textual's filter for NO_COLOR leaves red on 1.5:1; the terminal's own colours stay legible.
    """
    light = environ.get("COLORFGBG", "").rpartition(";")[2] in {"7", "15"}
    if "NO_COLOR" in environ or environ.get("TERM") == "dumb":
        return ANSI_LIGHT if light else ANSI
    return wanted or (LIGHT if light else DARK)


@dataclass(frozen=True)
class Look:
    """How a state is shown. ``colour`` is the name of a theme's variable."""

    glyph: str
    plain: str
    word: str
    colour: str


STATES: Mapping[str, Look] = {
    "healthy": Look("●", "*", "healthy", "success"),
    "deploying": Look("◐", "~", "deploying", "primary"),
    "degraded": Look("▲", "!", "degraded", "warning"),
    "unhealthy": Look("✖", "x", "unhealthy", "error"),
    "failed": Look("✖", "x", "failed", "error"),
    "stopped": Look("■", "#", "stopped", "secondary"),
    "missing": Look("○", "o", "missing", "secondary"),
    "unknown": Look("?", "?", "unknown", "secondary"),
}

_BARS, _PLAIN_BARS = "▁▂▃▄▅▆▇█", "_.-=+*#%"


def look(state: str | None) -> Look:
    """How ``state`` is shown; None (a listing that does not tell) is unknown."""
    return STATES.get(state or "unknown", STATES["unknown"])


def speaks_unicode(environ: Mapping[str, str], encoding: str | None) -> bool:
    """Whether the terminal can be trusted with more than ASCII."""
    return "utf" in (encoding or "").lower() and environ.get("TERM") not in {"linux", "dumb"}


@dataclass(frozen=True)
class Glyphs:
    """The characters of this terminal."""

    unicode: bool = True

    def state(self, state: str | None) -> str:
        """Glyph and word."""
        shown = look(state)
        return f"{shown.glyph if self.unicode else shown.plain} {shown.word}"

    def bars(self, values: tuple[float | None, ...], width: int) -> str:
        """The last ``width`` values as bars of one row; None (no answer) is a dot."""
        bars = _BARS if self.unicode else _PLAIN_BARS
        known = [value for value in values if value is not None]
        most = max(known, default=0.0)
        # A difference of a few milliseconds is no mountain.
        scale = max(most, 50.0)
        shown = [
            ("·" if self.unicode else ".")
            if value is None
            else bars[min(len(bars) - 1, int(value / scale * (len(bars) - 1)))]
            for value in values[-width:]
        ]
        return "".join(shown).rjust(width)

    @property
    def ok(self) -> str:
        """Something is well."""
        return "✔" if self.unicode else "+"

    @property
    def bad(self) -> str:
        """Something is not."""
        return "✖" if self.unicode else "x"

    @property
    def dot(self) -> str:
        """Between two facts on one line."""
        return "·" if self.unicode else "-"

    @property
    def busy(self) -> str:
        """Something is under way."""
        return "◐" if self.unicode else "~"

    @property
    def down(self) -> str:
        """There is more below."""
        return "▼" if self.unicode else "v"

    @property
    def dash(self) -> str:
        """There is no value."""
        return "\u2013" if self.unicode else "-"
