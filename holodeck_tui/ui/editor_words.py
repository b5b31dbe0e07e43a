"""What the editor says of a file and of a field, as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.style import Style

from holodeck_tui.config.sources import OVERLAY_FILE, Problem
from holodeck_tui.ui.editing import Part
from holodeck_tui.ui.form_fields import FormField
from holodeck_tui.ui.theme import Glyphs


@dataclass(frozen=True)
class Tabs:
    """The tabs, the one that is shown, and what agent.yaml is called here."""

    parts: Sequence[Part]
    here: Part
    agent: str

    def words(self) -> list[tuple[str, str | Style]]:
        """A word for each; a click shows it."""
        made: list[tuple[str, str | Style]] = []
        for number, part in enumerate(self.parts):
            name = part.environment or (self.agent if part.is_agent else OVERLAY_FILE)
            click = Style.from_meta({"@click": f"screen.show_part({number})"})
            here = part == self.here
            made.append((f" {name} ", Style(bold=here, reverse=here) + click))
        return made


def title_words(tabs: Tabs, problems: Sequence[Problem], glyphs: Glyphs, *, modified: bool) -> Content:
    """The tabs, and how the file stands."""
    errors = sum(1 for one in problems if one.severity == "error")
    warnings = len(problems) - errors
    words = tabs.words()
    if modified:
        words.append(("   modified", "$warning"))
    if errors:
        words.append((f"   {glyphs.bad} {errors} problem{'s' * (errors != 1)}", "$error"))
    if warnings:
        words.append((f"   {warnings} warning{'s' * (warnings != 1)}", "$warning"))
    if not problems:
        words.append((f"   {glyphs.ok} valid", "$success"))
    return Content.assemble(*words)


def problem_words(problem: Problem) -> str:
    """One line: where, of what, what."""
    subject = f"{problem.path}: " if problem.path else ""
    return f"line {problem.line}: {subject}{problem.message}"


def field_words(field: FormField, wrong: str = "") -> str:
    """What a field is, or what is wrong with it first."""
    if wrong:
        return f"{'.'.join(field.path)}: {wrong}  ({field.help})"
    default = f"  default {field.default}" if field.default else ""
    choices = f"  one of {', '.join(field.choices)}" if field.choices else ""
    return f"{'.'.join(field.path)}: {field.help}{choices}{default}"
