"""Files that are edited, against the disk: saved after a look at what changes, and followed there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from textual.app import SuspendNotSupported

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.actions import key_name
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.edited_file import EditedFile
from holodeck_tui.ui.editing import AGENT, OVERLAY, Part, overlay_path, refusals
from holodeck_tui.ui.own_editor import editor_words, run_editor
from holodeck_tui.ui.screens.base import PlaceScreen


class FilesScreen(PlaceScreen):
    """A tab is a :class:`Part` of a file. How a file is shown and edited is for who derives from it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[Part, ...] = (Part(AGENT), Part(OVERLAY))
        self._part = self._parts[0]
        self._files: dict[str, EditedFile] = {}

    @property
    def file(self) -> EditedFile:
        """The file of the tab that is shown."""
        return self._files[self._part.kind]

    def open_files(self) -> None:
        """Read both. Raises as reading does; there are none then."""
        launch = self.holodeck.launch
        self._files = {AGENT: EditedFile(launch.agent), OVERLAY: EditedFile(overlay_path(launch))}

    def settle(self) -> None:
        """Take what is typed and not handed over yet."""
        raise NotImplementedError

    def show_text(self) -> None:
        """The file is another: show it."""
        raise NotImplementedError

    def follow(self) -> None:
        """A file may be another, or stand otherwise to the disk; what is being typed stays."""
        raise NotImplementedError

    @property
    def typing(self) -> bool:
        """Whether something is typed that the file does not hold yet."""
        raise NotImplementedError

    def action_show_part(self, number: int) -> None:
        """A tab."""
        raise NotImplementedError

    def failed(self, error: DeploymentError) -> None:
        """Say that something cannot be done."""
        raise NotImplementedError

    def action_save(self) -> None:
        """What changes, then the question."""
        if not self._files:
            return
        self.settle()
        self.show_text()
        self.look_at_disk()
        if self.file.moved:
            self.action_disk()
            return
        if not self.file.changed:
            self.notify("There is nothing to save.", timeout=2)
            return
        background(
            self,
            partial(refusals, self.holodeck.launch, self.file),
            self._ask_to_save,
            self.failed,
        )

    def unsaved(self) -> tuple[tuple[str, ...], list[str]]:
        """What is typed counts too."""
        if not self._files:
            return (), []
        self.settle()
        self.show_text()
        changed = [file for file in self._files.values() if file.changed]
        lines = [line for file in changed for line in (f"{file.path.name}:", *file.diff())]
        return tuple(self._clean(file.path.name) for file in changed), self._lines_of(lines)

    def save_all(self, saved: Callable[[], object]) -> None:
        """One file after the other; stays at the first that cannot be written."""
        changed = next((kind for kind, file in self._files.items() if file.changed), None)
        if changed is None:
            saved()
            return
        background(
            self,
            partial(refusals, self.holodeck.launch, self._files[changed]),
            partial(self._save_next, changed, saved),
            self.failed,
        )

    def _save_next(self, kind: str, saved: Callable[[], object], problems: list[str]) -> None:
        if not problems:
            self._write(kind)
        if not self._files[kind].changed:
            self.save_all(saved)
            return
        self.holodeck.switch_mode("config")
        self.action_show_part(self._parts.index(Part(kind)))
        if problems:
            self._ask_to_save(problems)
        elif self.file.moved:
            self.action_disk()

    def _ask_to_save(self, problems: list[str]) -> None:
        from holodeck_tui.ui.screens.diff import DiffScreen

        name = self.file.path.name
        cleaned = [self._clean(one) for one in problems]
        title = f"Make {name}, a new file?" if self.file.is_new else f"Write {name}?"
        self.app.push_screen(DiffScreen(title, self._lines_of(self.file.diff()), cleaned), self._save)

    def _lines_of(self, diff: list[str]) -> list[str]:
        return [self._clean(line.expandtabs(4)) for line in diff]

    def _save(self, answer: bool | None) -> None:
        if answer:
            self._write(self._part.kind)
            if self.file.moved:
                self.action_disk()

    def _write(self, kind: str) -> None:
        file = self._files[kind]
        try:
            file.save()
        except DeploymentError as error:
            # Of a change on the disk it is asked what is to be done; the remedy is a command's.
            remedy = "" if error.code == "file-changed" else error.remedy
            self.notify(self._clean(f"{error}. {remedy}".rstrip()), severity="error", markup=False)
            file.look()
            self.follow()
            return
        self.notify(f"{file.path.name} is written.", markup=False, timeout=3)
        self.holodeck.fleet.again()
        self.show_text()

    def action_editor(self) -> None:
        """The user's own."""
        if not self._files:
            return
        self.settle()
        if self.file.changed:
            self.notify("Save or undo your changes first: the editor opens the file on the disk.")
            return
        environ = self.holodeck.launch.environ
        wrong: DeploymentError | None = None
        try:
            words = editor_words(environ)
            with self.app.suspend(), self.holodeck.interrupts_are_for_another():
                # What is raised in here would keep the app from coming back.
                wrong = _failure(words, self.file.path, environ)
        except SuspendNotSupported:
            self.notify("This terminal cannot be handed over.", severity="warning")
        except DeploymentError as error:
            wrong = error
        if wrong is not None:
            text = f"{wrong.message} {wrong.reason}. {wrong.remedy}"
            self.notify(self._clean(text), severity="error", markup=False)
        self.look_at_disk()

    def look_at_disk(self) -> None:
        """Follow the files. One that is edited here too is told of: a question would take what is typed."""
        news = False
        for file in self._files.values():
            other = file.look()
            typing = file is self.file and self.typing
            if file.moved and not typing and (file.as_on_disk or not file.changed):
                self._reload(file)
                other = True
            elif file.moved and other:
                key = key_name(self.app, "config.disk")
                self.notify(f"{file.path.name} was changed on the disk, and here. {key} asks what to do.")
            news = news or other
        if news:
            self.follow()

    def action_disk(self) -> None:
        """Ask what becomes of what is edited, where the file was changed on the disk."""
        from holodeck_tui.ui.screens.choose import ChooseScreen

        self.app.push_screen(
            ChooseScreen(
                f"{self.file.path.name} was changed on the disk.",
                ["reload", "keep mine", "show the difference"],
                [
                    "What is on the disk replaces what is edited here; undo brings it back.",
                    "Go on here; saving replaces what is on the disk now.",
                    "From what is on the disk to what is edited here.",
                ],
            ),
            self._answered,
        )

    def _answered(self, answer: int | None) -> None:
        if answer is not None:
            self.settle()
        if answer == 0:
            self._reload(self.file)
            self.show_text()
        elif answer == 1:
            self.file.keep()
            self.show_text()
        elif answer == 2:
            from holodeck_tui.ui.screens.diff import DiffScreen

            title = f"{self.file.path.name}: from the disk (-) to here (+)"
            self.app.push_screen(
                DiffScreen(title, self._lines_of(self.file.disk_diff()), ask=False), self._seen
            )

    def _seen(self, _answer: bool | None) -> None:
        self.action_disk()

    def _reload(self, file: EditedFile) -> None:
        try:
            file.reload()
        except DeploymentError as error:
            self.failed(error)

    def _clean(self, text: str) -> str:
        return self.holodeck.backend.redactor.clean(text)


def _failure(words: tuple[str, ...], path: Path, environ: Mapping[str, str]) -> DeploymentError | None:
    try:
        run_editor(words, path, environ)
    except DeploymentError as error:
        return error
    return None
