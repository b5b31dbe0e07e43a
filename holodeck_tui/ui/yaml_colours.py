"""The colours of YAML, for a dark ground, a light one, and in the terminal's own colours."""

from __future__ import annotations

from rich.style import Style
from textual._text_area_theme import TextAreaTheme
from textual.theme import Theme

# key, string, comment, number, true and false and null, punctuation (None: that of the text)
_DARK = ("#569cd6", "#ce9178", "#6a9955", "#b5cea8", "#7daf9c", "#cccccc")
_LIGHT = ("#1f5f99", "#8a3b12", "#47702f", "#0a6355", "#0a6355", "#1d2429")
# Blue is too dark on many a dark ground, yellow too bright on a light one.
_ANSI_DARK = ("bright_cyan", "yellow", "green", "magenta", "magenta", None)
_ANSI_LIGHT = ("blue", "red", "green", "magenta", "magenta", None)


def yaml_colours(theme: Theme) -> TextAreaTheme:
    """What goes with the app's theme; all but the syntax is from the stylesheet."""
    ansi = theme.name.startswith("ansi")
    chosen = (_ANSI_DARK if ansi else _DARK) if theme.dark else (_ANSI_LIGHT if ansi else _LIGHT)
    key, string, comment, number, word, mark = (Style(color=one) for one in chosen)
    styles = {
        "yaml.field": key + Style(bold=True),
        "string": string,
        "comment": comment,
        "number": number,
        "float": number,
        "boolean": word,
        "constant.builtin": word,
        "type": word,
        "punctuation.bracket": mark,
        "punctuation.delimiter": mark,
        "punctuation.special": mark,
    }
    kind = f"{'ansi' if ansi else 'colours'}-{'dark' if theme.dark else 'light'}"
    return TextAreaTheme(name=kind, syntax_styles=styles)
