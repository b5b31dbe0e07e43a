"""The parts of README.md that come from the code, and its commands; ``python -m tests.readme``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holodeck_tui.core.errors import CODES

README = Path(__file__).resolve().parents[1] / "README.md"
_BEGIN, _END = "<!-- error codes: begin -->", "<!-- error codes: end -->"


def codes_table() -> str:
    """Every error code with its exit code and meaning, by exit code."""
    rows = sorted(CODES.items(), key=lambda item: (int(item[1][0]), item[0]))
    lines = ["| code | exit | meaning |", "|---|---|---|"]
    lines += [f"| `{code}` | {int(exit_code)} | {meaning} |" for code, (exit_code, meaning) in rows]
    return "\n".join(lines)


def with_codes(text: str) -> str:
    """``text`` with the table between its marks replaced by the current one."""
    head, _, rest = text.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}\n{codes_table()}\n{_END}{tail}"


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
    README.write_text(with_codes(README.read_text(encoding="utf-8")), encoding="utf-8")
