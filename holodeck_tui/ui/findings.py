"""What set-up lists: doctor's checks, then the logins to the clouds that those say nothing of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text
from textual.content import Content

from holodeck_tui.deployers.login import Login

if TYPE_CHECKING:
    from holodeck_tui.deployers.checks import Check

# Cells: what a finding is broken to at least, and the width of its name.
_NARROWEST, _NAME = 20, 16
_LOOKS = {
    "ok": ("✔", "+", "$success"),
    "warn": ("▲", "!", "$warning"),
    "fail": ("✖", "x", "$error"),
    "skip": ("?", "?", "$secondary"),
    "none": ("○", "o", "$secondary"),
}


class Logins:
    """The logins as they are shown: an answer of a cloud holds until files or variables say otherwise."""

    def __init__(self) -> None:
        self.known: tuple[Login, ...] = ()
        self._asked: dict[Login, Login] = {}

    def answered(self, before: Sequence[Login], after: Sequence[Login]) -> None:
        """The clouds have said what becomes of each."""
        self._asked = dict(zip(before, after, strict=True))

    def beside(self, checks: Sequence[Check]) -> tuple[Login, ...]:
        """Those that ``checks`` say nothing of: a cloud that is the target is looked at by its deployer."""
        covered = {check.name.split()[0].partition(":")[0] for check in checks}
        return tuple(self._asked.get(one, one) for one in self.known if one.provider not in covered)


def line(
    one: Check | Login,
    width: int,
    console: Console,
    *,
    unicode: bool,
    clean: Callable[[str], str],
    unsure: str,
) -> Content:
    """A finding in ``width`` cells; what does not fit goes on below its beginning.

    ``unsure`` is said of a login that nobody has asked about.
    """
    glyph, plain, colour = _LOOKS[one.status]
    name = clean(one.name)
    if cell_len(name) > max(_NAME, width // 2):
        name = set_cell_size(name, width // 2 - 1) + ("…" if unicode else "~")
    name = f"{name:<{_NAME}} "
    room = width - cell_len(name) - 2
    detail = clean(one.detail)
    if one.status == "skip" and isinstance(one, Login):
        detail += unsure
    wrapped = Text(detail).wrap(console, max(room, _NARROWEST))
    below = "\n" + " " * (cell_len(name) + 2)
    text = below.join(part.plain.rstrip() for part in wrapped)
    return Content.assemble((f"{glyph if unicode else plain} ", colour), (name, "bold"), text)
