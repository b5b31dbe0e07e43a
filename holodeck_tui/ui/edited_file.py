"""One YAML file being edited: form and text change the same document, each change can be taken back."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holodeck_tui.config.document import Document, YamlError
from holodeck_tui.config.reading import read_document, write_document
from holodeck_tui.config.sources import environment_names
from holodeck_tui.config.tree import parse
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.hiding import shown_lines

Keys = tuple[str, ...]


class EditedFile:
    """``pending`` is text that is no YAML yet; ``document`` then is what it was before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pending: str | None = None
        self.error: YamlError | None = None
        self._open()
        self._environments: tuple[str, ...] = ()
        self._past: list[str] = []
        self._future: list[str] = []
        self._disk = self._now = _bytes(path)

    @property
    def text(self) -> str:
        """As it stands in the editor."""
        return self.document.text if self.pending is None else self.pending

    @property
    def changed(self) -> bool:
        """Whether there is something to save."""
        return self.text.encode("utf-8") != (self._disk or b"")

    @property
    def as_on_disk(self) -> bool:
        """Whether the disk held just what is edited here, at the last :meth:`look`."""
        return self.text.encode("utf-8") == self._now

    @property
    def moved(self) -> bool:
        """Whether the disk holds another file than the one that was read, at the last :meth:`look`."""
        return self._now != self._disk

    @property
    def is_new(self) -> bool:
        """Whether there was no such file, at the last :meth:`look`."""
        return self._now is None

    def environments(self) -> tuple[str, ...]:
        """The names of its environments; those of the last time where it is no YAML now."""
        if self.error is None:
            self._environments = environment_names(self.document.data)
        return self._environments

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether a change was taken back."""
        return bool(self._future)

    def take(self, text: str) -> None:
        """The whole text, as typed."""
        if text == self.text:
            return
        self._remember()
        self._put(text)

    def set(self, path: Keys, value: Any) -> None:
        """One key; None takes it away. Raises ``edit-impossible``; nothing is changed then."""
        before = self.text
        if value is None:
            self.document.remove(path, prune=True)
        else:
            self.document.set(path, value)
        if self.document.text != before:
            self._remember(before)

    def undo(self) -> None:
        """Take the last change back."""
        if self._past:
            self._future.append(self.text)
            self._put(self._past.pop())

    def redo(self) -> None:
        """Make it again."""
        if self._future:
            self._past.append(self.text)
            self._put(self._future.pop())

    @property
    def saved(self) -> Any:
        """What the file on the disk means, as far as it is known; None where it is no YAML."""
        try:
            return Document.parse(self._disk or b"").data
        except YamlError:
            return None

    def diff(self) -> list[str]:
        """What saving would change, as a unified diff without its head; plain secrets are masked."""
        before = (self._disk or b"").decode("utf-8", "replace")
        return list(_diff(before, self.text))

    def disk_diff(self) -> list[str]:
        """From what is on the disk now to what is edited here; plain secrets are masked."""
        now = (_bytes(self.path) or b"").decode("utf-8", "replace")
        return list(_diff(now, self.text))

    def copy(self) -> Document:
        """The same content for another thread."""
        return Document.parse(self.document.bytes(), self.path)

    def save(self) -> None:
        """Write. Raises ``file-changed``, ``file-unwritable``, ``disk-full``."""
        write_document(self.document)
        self._disk = self._now = _bytes(self.path)

    def look(self) -> bool:
        """Look at the disk: whether it holds another file than at the last look."""
        before, self._now = self._now, _bytes(self.path)
        return self._now != before

    def reload(self) -> None:
        """Take what is on the disk; undo leads back to what was edited. Raises as reading does."""
        before = self.text
        self._open()
        if self.text != before:
            self._remember(before)
        self._disk = self._now = _bytes(self.path)

    def keep(self) -> None:
        """Go on with what is edited: saving will replace what is on the disk now."""
        text = self.text
        self._open()
        self._disk = self._now = _bytes(self.path)
        self._put(text)

    def _open(self) -> None:
        """What is on the disk, also where it is no YAML. Raises ``agent-unreadable``."""
        self.pending, self.error = None, None
        if not self.path.exists():
            self.document = Document.new(self.path)
            return
        try:
            self.document = read_document(self.path)
        except DeploymentError as error:
            raw = _bytes(self.path)
            if error.code != "yaml-syntax" or raw is None:
                raise
            self.document = Document(raw, self.path, parse(""))
            self._put(raw.decode("utf-8", "replace"))

    def _put(self, text: str) -> None:
        try:
            self.document.replace(text)
        except YamlError as error:
            self.pending, self.error = text, error
        else:
            self.pending, self.error = None, None

    def _remember(self, text: str | None = None) -> None:
        self._past.append(self.text if text is None else text)
        self._future.clear()


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _diff(before: str, after: str) -> Iterator[str]:
    """Compares what is written, shows what may be shown."""
    old, new = before.splitlines(), after.splitlines()
    old_shown, new_shown = shown_lines(before), shown_lines(after)
    for group in difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(3):
        (_, start, _, other, _), (_, _, end, _, other_end) = group[0], group[-1]
        yield f"@@ -{start + 1},{end - start} +{other + 1},{other_end - other} @@"
        for kind, first, last, new_first, new_last in group:
            if kind == "equal":
                yield from (f" {line}" for line in old_shown[first:last])
            else:
                yield from (f"-{line}" for line in old_shown[first:last])
                yield from (f"+{line}" for line in new_shown[new_first:new_last])
