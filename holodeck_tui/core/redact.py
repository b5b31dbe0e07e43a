"""Text from outside is cleaned once, where it enters: secrets masked, terminal control removed."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "***"
# Shorter values are words and numbers ("eu", "8080"); masking them would eat ordinary text.
SHORTEST = 6

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:API_?KEY|ACCESS_?KEY|KEY|SECRET|TOKEN|PASSWORD|PASSWD|PWD|PASSPHRASE|CREDENTIALS?|"
    r"AUTH|DSN|CONNECTION_?STRING|CONN_?STR|PRIVATE_?KEY|SAS|WEBHOOK)(?:_|$|S$|\d)",
    re.IGNORECASE,
)
# Words that make of a secret's word something else: a count of tokens, a key to be shown to everybody,
# the shell's working directory.
_ORDINARY_NAME = re.compile(
    r"(?:^|_)(?:(?:MAX|MIN|NUM|TOTAL)_(?:\w+_)?TOKENS?|PUBLIC_?KEY)$|^PWD$", re.IGNORECASE
)

# OSC, DCS, SOS, PM and APC strings, ended by BEL, ST or the end of the text; both 7 and 8 bit.
_STRINGS = re.compile("(?:\x1b[\\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c|$)?")
_SGR = re.compile("\x1b\\[[0-9;:]*m")
_CSI = re.compile("(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?")
_ESCAPE = re.compile("\x1b[ -/]*[0-~]?")
# C0 without tab, DEL, C1, bidirectional overrides and isolates, line and paragraph separators, BOM.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def looks_secret(name: str) -> bool:
    """Whether an environment variable's name says that its value is a secret."""
    return _SECRET_NAME.search(name) is not None and _ORDINARY_NAME.search(name) is None


def sanitize(text: str, *, keep_colour: bool = False, keep_newlines: bool = False) -> str:
    """``text`` without anything that could steer a terminal.

    A carriage return restarts the line as a terminal would show it; newlines become spaces unless
    kept; SGR colour sequences stay only on request.
    """
    if text.isascii() and text.isprintable():
        return text  # nearly every line of a log
    if "\r" in text:
        lines = text.replace("\r\n", "\n").split("\n")
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
    text = _STRINGS.sub("", text)
    if keep_colour:
        kept = [_plain(part) for part in _SGR.split(text)]
        codes = [*_SGR.findall(text), ""]
        text = "".join(part + code for part, code in zip(kept, codes, strict=True))
    else:
        text = _plain(text)
    text = _SURROGATE.sub("\ufffd", text)
    return text if keep_newlines else text.replace("\n", " ")


def _plain(text: str) -> str:
    return _CONTROL.sub("", _ESCAPE.sub("", _CSI.sub("", text)))


class Redactor:
    """Masks known secret values wherever they occur; never shows them, not even in ``repr``."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(*values)

    def add(self, *values: str) -> None:
        """Learn values to mask; each line of a long one, and its JSON and URL spellings, count too."""
        for value in values:
            for form in _spellings(value):
                if len(form.strip()) >= SHORTEST:
                    self._values.add(form.strip())
        ordered = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def redact(self, text: str) -> str:
        """``text`` with every known value replaced by ``***``."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def clean(self, text: str, *, keep_colour: bool = False, keep_newlines: bool = False) -> str:
        """Sanitise first (an escape inside a secret must not hide it), then redact."""
        return self.redact(sanitize(text, keep_colour=keep_colour, keep_newlines=keep_newlines))

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} values)"


def _spellings(value: str) -> set[str]:
    import base64
    import json
    from urllib.parse import quote

    encoded = value.encode("utf-8", "surrogateescape")
    forms = {value, json.dumps(value)[1:-1], repr(value)[1:-1], quote(encoded, safe="")}
    forms.add(base64.b64encode(encoded).decode())
    forms.update(line for line in value.splitlines() if len(line) >= SHORTEST)
    return forms
