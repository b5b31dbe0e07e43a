"""The parts of README.md that come from the code, and its commands; ``python -m tests.readme``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holodeck_tui.core.errors import CODES
from tests.screenshots.catalog import SCREENS, SIZES, THEMES, name_of

README = Path(__file__).resolve().parents[1] / "README.md"


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def codes_table() -> str:
    """Every error code with its exit code and meaning, by exit code."""
    rows = sorted(CODES.items(), key=lambda item: (int(item[1][0]), item[0]))
    lines = ["| code | exit | meaning |", "|---|---|---|"]
    lines += [f"| `{code}` | {int(exit_code)} | {meaning} |" for code, (exit_code, meaning) in rows]
    return "\n".join(lines)


def screens_table() -> str:
    """Every screen: the larger pictures to see, the smaller ones as links."""
    lines = ["| screen | dark | light | 80x24 |", "|---|---|---|---|"]
    small, large = SIZES
    for screen in SCREENS:
        shown = [f"![{screen}, {look}](screenshots/{name_of(screen, look, large)})" for look in THEMES]
        linked = [f"[{look}](screenshots/{name_of(screen, look, small)})" for look in THEMES]
        lines.append(f"| {screen} | {' | '.join(shown)} | {', '.join(linked)} |")
    return "\n".join(lines)


def with_parts(text: str) -> str:
    """``text`` with what stands between its marks replaced by what is current."""
    for name, part in (("error codes", codes_table()), ("screens", screens_table())):
        begin, end = _marks(name)
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = f"{head}{begin}\n{part}\n{end}{tail}"
    return text


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and mark (```` ```console deploy ````), where it begins, its lines."""

    language: str
    mark: str
    line: int
    lines: tuple[str, ...]

    @property
    def commands(self) -> list[str]:
        """What stands behind ``$ ``."""
        return [line[2:] for line in self.lines if line.startswith("$ ")]


def blocks(text: str) -> Iterator[Block]:
    """All fenced blocks, in order."""
    for match in re.finditer(r"^```(\w+) ?(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield Block(match[1], match[2], text[: match.start()].count("\n") + 1, tuple(match[3].splitlines()))


if __name__ == "__main__":
    README.write_text(with_parts(README.read_text(encoding="utf-8")), encoding="utf-8")
