"""What the editor says of a file and of a field, as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style

from holodeck_tui.config.sources import OVERLAY_FILE, Problem
from holodeck_tui.ui.editing import Part
from holodeck_tui.ui.explaining import Facts
from holodeck_tui.ui.form_fields import FormField
from holodeck_tui.ui.theme import Glyphs


@dataclass(frozen=True)
class Tabs:
    """The tabs, the one that is shown, and what agent.yaml is called here."""

    parts: Sequence[Part]
    here: Part
    agent: str

    def words(self, room: int) -> list[tuple[str, str | Style]]:
        """A word for each that fits into ``room`` cells, the shown one always; a click shows it."""
        names = [one.environment or (self.agent if one.is_agent else OVERLAY_FILE) for one in self.parts]
        first, end = _fitting([cell_len(name) + 2 for name in names], self.parts.index(self.here), room)
        made: list[tuple[str, str | Style]] = [("… ", "")] if first else []
        for number in range(first, end):
            click = Style.from_meta({"@click": f"screen.show_part({number})"})
            here = self.parts[number] == self.here
            made.append((f" {names[number]} ", Style(bold=here, reverse=here) + click))
        if end < len(names):
            made.append((" …", ""))
        return made


def _fitting(widths: Sequence[int], here: int, room: int) -> tuple[int, int]:
    """From which to which are shown: from the first on if ``here`` is among them, else up to it."""

    def taken(first: int, end: int) -> int:
        # A sign of two cells says that there are more.
        return sum(widths[first:end]) + 2 * (first > 0) + 2 * (end < len(widths))

    first, end = 0, here + 1
    while first < here and taken(first, end) > room:
        first += 1
    while end < len(widths) and taken(first, end + 1) <= room:
        end += 1
    return first, end


def title_words(
    tabs: Tabs, problems: Sequence[Problem], glyphs: Glyphs, room: int, *, modified: bool, moved: bool = False
) -> Content:
    """The tabs, and how the file stands, in ``room`` cells."""
    errors = sum(1 for one in problems if one.severity == "error")
    warnings = len(problems) - errors
    words: list[tuple[str, str]] = []
    if modified:
        words.append(("   modified", "$warning"))
    if moved:
        words.append(("   changed on the disk", "$warning"))
    if errors:
        words.append((f"   {glyphs.bad} {errors} problem{'s' * (errors != 1)}", "$error"))
    if warnings:
        words.append((f"   {warnings} warning{'s' * (warnings != 1)}", "$warning"))
    if not problems:
        words.append((f"   {glyphs.ok} valid", "$success"))
    return Content.assemble(*tabs.words(room - sum(cell_len(word) for word, _ in words)), *words)


def unread_words(problem: Problem) -> str:
    """Why something is missing that another file says."""
    return f"{problem.file} cannot be read (line {problem.line}): what it says is not shown here."


NO_FILE = f"There is no {OVERLAY_FILE} yet."


def new_file_words(agent: str, key: str) -> str:
    """Of deploy.yaml where there is none; ``key`` saves, empty where nothing can be changed."""
    made = f" The first value that is saved ({key}) makes it, beside {agent}." if key else ""
    return (
        f"{NO_FILE} None is needed.{made} "
        f"What it says is for deploys by this tool alone, and goes before {agent}."
    )


def no_form_words(key: str, *, overlay: bool) -> str:
    """In place of a form; ``key`` goes to the next problem."""
    back = "The form, and the tabs of environments, come" if overlay else "The form comes"
    return f"{back} back when the YAML is valid. {key} goes to the line that is not."


def held_form_words(key: str) -> str:
    """Above a form that is of the last valid text."""
    return f"The YAML is not valid now: the fields wait for that. {key} goes to the line."


def problem_words(problem: Problem) -> str:
    """One line: where, of what, what."""
    return f"line {problem.line}: {_subject(problem)}{problem.message}"


def field_words(field: FormField, wrong: str = "") -> str:
    """What a field is, or what is wrong with it first."""
    if wrong:
        return f"{'.'.join(field.path)}: {wrong}  ({field.help})"
    default = f"  default {field.default}" if field.default else ""
    choices = f"  one of {', '.join(field.choices)}" if field.choices else ""
    return f"{'.'.join(field.path)}: {field.help}{choices}{default}"


def problem_facts(name: str, problems: Sequence[Problem]) -> Facts:
    """All problems of a file, for the help."""
    if not problems:
        return ()
    title = f"{len(problems)} to mend" if len(problems) > 1 else ""
    return ((name, title), *((f"line {one.line}", _subject(one) + one.message) for one in problems))


def _subject(problem: Problem) -> str:
    return f"{problem.path}: " if problem.path else ""
