"""Which pictures there are."""

from __future__ import annotations

from pathlib import Path

from holodeck_tui.ui.theme import DARK, LIGHT

FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
SIZES = ((80, 24), (120, 40))
THEMES = {"dark": DARK, "light": LIGHT}
SCREENS = (
    *("setup", "setup-target", "setup-registry", "setup-questions", "setup-diff", "config"),
    *("pipeline-plan", "pipeline-running", "pipeline", "pipeline-failed", "quit"),
    *("dashboard", "details", "logs", "chat", "rollback", "destroy", "help", "palette", "empty"),
)


def name_of(screen: str, theme: str, size: tuple[int, int]) -> str:
    """The file's name."""
    return f"{screen}-{theme}-{size[0]}x{size[1]}.svg"
