"""``.dockerignore`` as Docker reads it.

Our own small matcher, because no library fits: ``pathspec`` has git's rules (``*`` and bare names match
at any depth there, and a file below an ignored folder cannot be taken back), and docker-py's matcher
looks at one parent only and costs half a second to import. The rules are those of moby's
``patternmatcher`` (MatchesUsingParentResults); a test compares us with the docker command itself.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_WILD = re.compile(r"[*?\[\]\\]")


@dataclass(frozen=True)
class Pattern:
    """One line: ``negated`` lines (``!``) take back what earlier ones left out. ``line`` is 1-based."""

    text: str
    line: int
    negated: bool
    regex: re.Pattern[str]

    def matches(self, path: str) -> bool:
        """Whether it names ``path`` or a folder above it."""
        return any(self.regex.fullmatch(part) for part in _with_parents(path))


class IgnoreRules:
    """All lines of a file, in order; the last one that matches decides."""

    def __init__(self, patterns: Iterable[Pattern] = ()) -> None:
        self.patterns = tuple(patterns)
        self._folders: dict[str, tuple[bool, ...]] = {}
        self.takes_back = any(pattern.negated for pattern in self.patterns)

    @classmethod
    def parse(cls, text: str) -> IgnoreRules:
        """Read the lines; raises ValueError ("line 3: …") for one that Docker refuses as well."""
        return cls(_patterns(text))

    def decides(self, path: str) -> Pattern | None:
        """The line that leaves ``path`` (posix, relative) out, or None when it ships."""
        if not self.patterns:
            return None
        above = path.rpartition("/")[0]
        return self._judge(path, self._of_folder(above) if above else ())[0]

    def _of_folder(self, folder: str) -> tuple[bool, ...]:
        known = self._folders.get(folder)
        if known is None:
            above = folder.rpartition("/")[0]
            known = self._judge(folder, self._of_folder(above) if above else ())[1]
            self._folders[folder] = known
        return known

    def _judge(self, path: str, above: tuple[bool, ...]) -> tuple[Pattern | None, tuple[bool, ...]]:
        """The line that decides, and which lines hold for all below.

        A line is tried only where it can change the verdict: a ``!`` that met a folder nobody had left
        out does not hold for what is in it. So the docker command does, and so it has to be done here.
        """
        verdict: Pattern | None = None
        held: list[bool] = []
        for number, pattern in enumerate(self.patterns):
            holds = bool(above) and above[number]
            if not holds and pattern.negated == (verdict is not None):
                holds = pattern.regex.fullmatch(path) is not None
            if holds:
                verdict = None if pattern.negated else pattern
            held.append(holds)
        return verdict, tuple(held)


def _with_parents(path: str) -> Iterator[str]:
    yield path
    while path := path.rpartition("/")[0]:
        yield path


def _patterns(text: str) -> Iterator[Pattern]:
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        # Before stripping: Docker takes an indented # for a pattern.
        if raw.startswith("#"):
            continue
        line = raw.strip()
        if not line:
            continue
        negated = line.startswith("!")
        body = line[1:].strip() if negated else line
        if not body:
            raise ValueError(f"line {number}: a ! needs a pattern behind it")
        cleaned = unicodedata.normalize("NFC", posixpath.normpath(body).lstrip("/") or ".")
        try:
            regex = re.compile(translate(cleaned), re.DOTALL)
        except re.error as error:
            raise ValueError(f"line {number}: {line} is not a valid pattern ({error})") from error
        yield Pattern(line, number, negated, regex)


def translate(pattern: str) -> str:
    r"""The regular expression of one cleaned pattern: ``*``, ``?``, ``[a-z]``, ``\x`` and ``**``."""
    if pattern.startswith("**") and not pattern.startswith("**/") and not _WILD.search(pattern[2:]):
        return ".*" + re.escape(pattern[2:])  # moby compares the end of the text here, not names
    out: list[str] = []
    at, end = 0, len(pattern)
    while at < end:
        char = pattern[at]
        at += 1
        if char == "*" and pattern[at : at + 1] == "*":
            at += 1
            if pattern[at : at + 1] == "/":
                at += 1
            out.append(".*" if at >= end else "(?:.*/)?")
        elif char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "\\":
            out.append(re.escape(pattern[at : at + 1] or "\\"))
            at += 1
        elif char == "[":
            close = _class_end(pattern, at)
            out.append(_class(pattern[at:close]))
            at = close + 1
        else:
            out.append(re.escape(char))
    return "".join(out)


def _class_end(pattern: str, start: int) -> int:
    at = start + 1 if pattern[start : start + 1] == "^" else start
    first = at
    while at < len(pattern):
        if pattern[at] == "]" and at > first:
            return at
        at += 2 if pattern[at] == "\\" else 1
    raise re.error("a [ is never closed")


def _class(body: str) -> str:
    negated = body.startswith("^")
    chars = re.findall(r"\\?.", body[1:] if negated else body, re.DOTALL)
    out: list[str] = []
    at = 0
    while at < len(chars):
        out.append(re.escape(chars[at][-1]))
        if chars[at + 1 : at + 2] == ["-"] and at + 2 < len(chars):
            out.append("-" + re.escape(chars[at + 2][-1]))
            at += 2
        at += 1
    return f"[{'^' if negated else ''}{''.join(out)}]"
