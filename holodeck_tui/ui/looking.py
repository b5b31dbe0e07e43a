"""A look at a cloud as set-up waits for it: how long it takes, what it is about, what it brought."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from holodeck_tui.deployers.looking import Looking
from holodeck_tui.ui.kept import Kept
from holodeck_tui.ui.setting_up import TARGETS

if TYPE_CHECKING:
    from holodeck_tui.ui.setting_up import Seen


@dataclass
class LookUp:
    """One look for the set-up of ``target``; ``seen`` is set when it has ended.

    ``kept`` and ``registry``, its kind, are what had been answered before another place was chosen.
    """

    target: str
    started: float
    looking: Looking = field(default_factory=Looking)
    seen: Seen | None = None
    kept: Kept = field(default_factory=Kept)
    registry: str = ""

    @property
    def title(self) -> str:
        """The target in words."""
        return TARGETS[self.target][0]

    def progress(self, now: float, key: str) -> str:
        """What is waited for, how long already, how long at most, and the way out by ``key``."""
        about = f" about {self.looking.doing}" if self.looking.doing else ""
        gone = max(0, int(now - self.started))
        return f"Asking{about} … {gone} s, at most {self.looking.seconds:g} s. {key} goes on without."

    def stop(self) -> None:
        """Do with what is known by now. Returns at once."""
        # Callbacks may block.
        threading.Thread(target=self.looking.cancel.cancel, name="stop", daemon=True).start()


def told(seen: Seen, ok: str, bad: str, clean: Callable[[str], str]) -> tuple[str, str]:
    """Who is logged in or why nobody could tell, and what to do about it; both clean."""
    found = seen.found
    lines = [f"{ok} {clean(found.identity)}"] if found.identity else []
    if found.error is None:
        return "\n".join(lines), ""
    why = f": {found.error.reason}" if found.error.reason else ""
    lines.append(clean(f"{bad} {found.error.message.rstrip('.')}{why}"))
    return "\n".join(lines), clean(found.error.remedy)
