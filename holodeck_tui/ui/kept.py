"""What was typed into set-up's questions and still applies when they are asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from holodeck_tui.ui.questions import Wanted


@dataclass
class Kept:
    """Of one target. Another registry has another address and other names; all else is answered once."""

    _typed: dict[tuple[int | None, tuple[str, ...]], str] = field(default_factory=dict)

    def note(self, at: int, questions: Sequence[Wanted], answers: Sequence[str]) -> None:
        """``questions`` are as proposed for the registry ``at``. What is as proposed was not typed."""
        for one, answer in zip(questions, answers, strict=True):
            self._typed.pop(_key(at, one), None)
            if answer != one.proposal:
                self._typed[_key(at, one)] = answer

    def put(self, at: int, questions: Sequence[Wanted]) -> tuple[Wanted, ...]:
        """The questions with what was typed in place of the proposals."""
        return tuple(replace(one, proposal=self._typed.get(_key(at, one), one.proposal)) for one in questions)

    def move(self, questions: Sequence[Wanted]) -> None:
        """To another region or subscription: what was chosen among the things of the first is not there."""
        self._typed = {
            (at, path): text
            for (at, path), text in self._typed.items()
            if path[-1] != "url" and not any(one.path == path and text in one.choices for one in questions)
        }


def _key(at: int, one: Wanted) -> tuple[int | None, tuple[str, ...]]:
    return (at if "registry" in one.path else None), one.path
