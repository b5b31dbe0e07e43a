"""Scalars as HoloDeck reads them (PyYAML, YAML 1.1), and as any reader understands them when we write.

``yes`` is a boolean here, ``12:30`` a number and ``1e3`` text, because that is what the agent gets. What
we write is plain only where YAML 1.1 and 1.2 agree on it.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import math
import re
from typing import Any

TAG = "tag:yaml.org,2002:"

# Copied from PyYAML's resolver.py, in the order in which it tries them.
_IMPLICIT = (
    ("bool", re.compile(r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF")),
    (
        "float",
        re.compile(
            r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
            r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
    ),
    (
        "int",
        re.compile(
            r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+"
            r"|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+"
        ),
    ),
    ("merge", re.compile("<<")),
    ("null", re.compile("~|null|Null|NULL|")),
    (
        "timestamp",
        re.compile(
            r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
            r"(?:(?:[Tt]|[ \t]+)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
            r"(?:\.(?P<fraction>[0-9]*))?"
            r"(?:[ \t]*(?P<zone>Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)?"
        ),
    ),
)
_TIMESTAMP = _IMPLICIT[-1][1]
# Numbers and words of YAML 1.2 and 1.1's own type repository that the above leaves to be text.
_OTHERS = re.compile(
    r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|[yYnN]|=|[-+]\.nan", re.IGNORECASE
)
_PLAIN_START = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`]")
_NOT_PLAIN = re.compile(r": |:$| #|[\"\\]|^---|^\.\.\.")
_LINE_BREAKS = re.compile("[\r\n\x85\u2028\u2029]")


def resolve(text: str) -> str:
    """The type of a plain scalar: bool, float, int, merge, null, timestamp or str."""
    for name, pattern in _IMPLICIT:
        if pattern.fullmatch(text) and not (name == "timestamp" and _short_date(text)):
            return name
    return "str"


def _short_date(text: str) -> bool:
    # A date alone needs two digits each; with a time of day one is enough.
    return len(text) < len("2000-01-01") or (len(text) == len("2000-1-01") and ":" not in text)


def construct(kind: str, text: str) -> Any:
    """The Python value of a scalar. Raises ValueError where the text does not fit the type."""
    if kind in {"str", "value", "merge"}:
        return text
    if kind == "null":
        return None
    if kind == "bool":
        word = text.lower()
        if word not in _BOOLEANS:
            raise ValueError(f"{text!r} is no boolean")
        return _BOOLEANS[word]
    if kind == "int":
        return _integer(text.replace("_", ""))
    if kind == "float":
        return _float(text.replace("_", "").lower())
    if kind == "timestamp":
        return _timestamp(text)
    if kind == "binary":
        try:
            return base64.b64decode(text.encode("ascii"), validate=False)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise ValueError(f"not base64: {error}") from None
    tag = kind if kind.startswith("!") else f"!!{kind}"
    raise ValueError(f"the tag {tag} is not understood; put the value in quotes if it is text")


_BOOLEANS = {"yes": True, "no": False, "true": True, "false": False, "on": True, "off": False}


def _integer(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    if digits.startswith("0b"):
        return sign * int(digits, 2)
    if digits.startswith("0x"):
        return sign * int(digits, 16)
    if ":" in digits:
        return sign * int(_sixties(digits))
    if digits != "0" and digits.startswith("0"):
        return sign * int(digits, 8)
    return sign * int(digits)


def _float(text: str) -> float:
    sign = -1.0 if text.startswith("-") else 1.0
    digits = text.lstrip("+-")
    if digits == ".inf":
        return sign * math.inf
    if digits == ".nan":
        return math.nan
    return sign * (_sixties(digits) if ":" in digits else float(digits))


def _sixties(text: str) -> float:
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + float(part)
    return total


def _timestamp(text: str) -> datetime.date:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no date")
    part = match.groupdict()
    year, month, day = (int(part[name]) for name in ("year", "month", "day"))
    if part["hour"] is None:
        return datetime.date(year, month, day)
    micro = int((part["fraction"] or "")[:6].ljust(6, "0"))
    clock = (int(part["hour"]), int(part["minute"]), int(part["second"]), micro)
    return datetime.datetime(year, month, day, *clock, tzinfo=_zone(part["zone"]))


def _zone(text: str | None) -> datetime.timezone | None:
    if text is None:
        return None
    if text == "Z":
        return datetime.timezone.utc
    hours, _, minutes = text[1:].partition(":")
    offset = datetime.timedelta(hours=int(hours), minutes=int(minutes or 0))
    return datetime.timezone(-offset if text[0] == "-" else offset)


def scalar(value: object, *, flow: bool = False, quote: str = "") -> str:
    """``value`` (str, bool, int, float or None) on one line; ``flow`` inside ``[]`` or ``{}``.

    ``quote`` is the quoting to keep for text where it can hold it. Raises ValueError for anything else,
    and its child UnicodeEncodeError for text that is not Unicode.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _write_float(value)
    if isinstance(value, str):
        return _write_text(value, flow, quote)
    raise ValueError(f"a value of type {type(value).__name__} cannot be written as YAML")


def _write_float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    mantissa, exponent, power = repr(value).partition("e")
    # Without a point and a sign YAML 1.1 reads text.
    return (mantissa if "." in mantissa else mantissa + ".0") + exponent + power


def _write_text(text: str, flow: bool, quote: str) -> str:
    # A lone surrogate (a byte of a command line that is no UTF-8) could be written, but not used.
    text.encode("utf-8")
    printable = text.isprintable() and not _LINE_BREAKS.search(text)
    if quote == "'" and printable:
        return "'" + text.replace("'", "''") + "'"
    if quote != '"' and printable and _is_plain(text, flow):
        return text
    return '"' + "".join(map(_escape, json.dumps(text, ensure_ascii=False)[1:-1])) + '"'


def _is_plain(text: str, flow: bool) -> bool:
    if not _PLAIN_START.match(text) or text != text.strip() or _NOT_PLAIN.search(text):
        return False
    # A reference is replaced in the raw text; quotes keep "12" text there and braces out of flow.
    if "${" in text or (flow and re.search(r"[,\[\]{}?]|:", text)):
        return False
    return resolve(text) == "str" and not _OTHERS.fullmatch(text)


def _escape(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
