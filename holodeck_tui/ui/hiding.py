"""The lines of a YAML file as a diff may show them: without plain values of what is named like a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from holodeck_tui.bundle.container import looks_like_token
from holodeck_tui.config.document import Document, YamlError
from holodeck_tui.config.edit import names_secret
from holodeck_tui.core.redact import MASK, Redactor
from holodeck_tui.models.base import is_reference

_KEY = re.compile(r"""^(?P<head>[\s#]*(?:-\s+)*["']?(?P<name>[\w.-]+)["']?\s*:)(?P<rest>\s.*|)$""")
_FLOW = re.compile(
    r"""(?P<head>(?:^|[{,\s])["']?(?P<name>[\w.-]+)["']?\s*:\s*)"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|(?![\s{\[&*!|>])(?:\$\{\w+\}|[^,}\]])+)"""
)
_BLOCK = re.compile(r"[|>][-+\d]*\s*(?:#.*)?$")


def secrets_of(text: str) -> Redactor:
    """Knows every such value of ``text``, as far as it is YAML."""
    return Redactor(_values(text))


def hidden_spans(text: str, redactor: Redactor) -> dict[int, tuple[int, int]]:
    """Which characters of which line must not be seen.

    ``redactor`` may be of an earlier ``text``: what is named like a secret is found at once.
    """
    spans: dict[int, tuple[int, int]] = {}
    for number, (line, shown) in enumerate(zip(text.splitlines(), shown_lines(text, redactor), strict=True)):
        if line != shown:
            start = _alike(line, shown)
            spans[number] = (start, len(line) - _alike(line[start:][::-1], shown[start:][::-1]))
    return spans


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def shown_lines(text: str, redactor: Redactor | None = None) -> list[str]:
    """``text.splitlines()`` with ``***`` for each such value; ``${VAR}`` stays. Works on broken YAML too."""
    redactor = redactor or secrets_of(text)
    shown: list[str] = []
    inside: int | None = None  # the indent of a secret's key: what is deeper belongs to its value
    waiting = False  # the value begins on the next line, or there is a mapping
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip(" "))
        key = _KEY.match(line)
        if inside is not None and line.strip():
            if indent <= inside or (waiting and (key or line.lstrip().startswith("- "))):
                inside = None
            else:
                waiting = False
                shown.append(line if is_reference(line) else f"{' ' * indent}{MASK}")
                continue
        rest = key["rest"].strip() if key else ""
        if key and _is_secret(key["name"]) and rest[:1] not in {"{", "["} and not is_reference(rest):
            # A line that is commented out has no value below it.
            inside = None if "#" in key["head"] else key.start("name")
            waiting = not rest or rest.startswith("#")
            opened = waiting or _BLOCK.match(rest)
            shown.append(redactor.redact(line) if opened else f"{key['head']} {MASK}")
            continue
        shown.append(redactor.redact(_FLOW.sub(_hide, line) if "{" in line or "," in line else line))
    return shown


def _hide(found: re.Match[str]) -> str:
    hidden = _is_secret(found["name"]) and not is_reference(found[0])
    return found["head"] + MASK if hidden else found[0]


def _is_secret(name: str) -> bool:
    # A field of ours is in lower case; what is not is a variable's name.
    return names_secret((name,) if name.islower() else ("environment", name))


def _values(text: str) -> Iterator[str]:
    try:
        data = Document.parse(text.encode("utf-8", "replace")).data
    except YamlError:
        return
    yield from _secrets(data, (), frozenset())


def _secrets(data: Any, path: tuple[Any, ...], above: frozenset[int]) -> Iterator[str]:
    if isinstance(data, (Mapping, list)):
        if id(data) not in above:
            above = above | {id(data)}
            if isinstance(data, Mapping):
                for name, value in data.items():
                    yield from _secrets(value, (*path, name), above)
            else:
                for value in data:
                    yield from _secrets(value, path, above)
    elif isinstance(data, str) and not is_reference(data) and (_named(path) or looks_like_token(data)):
        yield data


def _named(path: tuple[Any, ...]) -> bool:
    return bool(path) and names_secret(path)
