"""``WWW-Authenticate`` taken apart (RFC 9110, section 11.6.1), as registries write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'\s*({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_WORD}))')
_SCHEME = re.compile(rf"\s*({_WORD})(?:\s+|$|(?=,))")


@dataclass(frozen=True)
class Challenge:
    """``scheme`` in lower case (``bearer``, ``basic``) and its parameters, names in lower case."""

    scheme: str
    parameters: Mapping[str, str]

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes the server asks for; several are separated by blanks."""
        return frozenset(self.parameters.get("scope", "").split())


def parse_challenges(header: str) -> list[Challenge]:
    """All challenges of a header; what is malformed ends the list, never raises."""
    found: list[Challenge] = []
    position = 0
    while position < len(header):
        while position < len(header) and header[position] in ", \t":
            position += 1
        scheme = _SCHEME.match(header, position)
        if not scheme or _PARAMETER.match(header, position):
            break
        position = scheme.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(header, position):
            name, quoted, plain = parameter.groups()
            parameters[name.lower()] = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            position = parameter.end()
            comma = re.compile(r"\s*,").match(header, position)
            if not comma or not _PARAMETER.match(header, comma.end()):
                break
            position = comma.end()
        found.append(Challenge(scheme.group(1).lower(), parameters))
    return found
