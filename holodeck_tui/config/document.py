"""A YAML file that can be changed one key at a time: every other byte stays.

Parsing gives the positions, an edit is a splice of the text. After each splice the text is parsed again
and compared with what it should mean; an edit that would mean anything else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from holodeck_tui.config import comments, removing, setting
from holodeck_tui.config.expected import same, splice, with_value, without
from holodeck_tui.config.nodes import Tree, YamlError, line_column
from holodeck_tui.config.refusing import closed, dotted, line, refused, shared
from holodeck_tui.config.render import style_of
from holodeck_tui.config.tree import parse
from holodeck_tui.config.walk import Step, merged_step, pair_start, walk
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.files import atomic_write, read_regular

__all__ = ["Document", "YamlError", "dotted"]

_PLACEHOLDER = object()


class Document:
    """One YAML file: its bytes, what they mean and where each key stands.

    Paths are tuples of keys and indexes: ``("deployment", "registry", "url")``.
    """

    def __init__(self, raw: bytes | None, path: Path | None, tree: Tree) -> None:
        # None: there is no such file yet.
        self._original = raw
        self._tree = tree
        self.path = path

    @classmethod
    def read(cls, path: Path) -> Document:
        """Read a file. Raises OSError, or YamlError where it is not one UTF-8 YAML document."""
        return cls.parse(read_regular(path), path)

    @classmethod
    def new(cls, path: Path) -> Document:
        """An empty document for a file that does not exist; saving it makes the file."""
        return cls(None, path, parse(""))

    @classmethod
    def parse(cls, raw: bytes, path: Path | None = None) -> Document:
        """Parse the bytes of a file. Raises YamlError."""
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode("utf-8")
            raise YamlError(
                *line_column(before, len(before)), "the file is not UTF-8: save it as that"
            ) from None
        return cls(raw, path, parse(text))

    @property
    def data(self) -> Any:
        """What HoloDeck reads: plain dict, list, str, int, float, bool, None; None when empty.

        Aliases share their objects: read it, do not change it.
        """
        return self._tree.data

    @property
    def name(self) -> str:
        """What people call the file."""
        return self.path.name if self.path else "the file"

    @property
    def text(self) -> str:
        """The text with all edits."""
        return self._tree.text

    @property
    def changed(self) -> bool:
        """Whether the bytes differ from those read or last saved."""
        return self.bytes() != (self._original or b"")

    def bytes(self) -> bytes:
        """The file's content with all edits."""
        return self._tree.text.encode("utf-8")

    def has(self, path: Sequence[str | int]) -> bool:
        """Whether the path exists, by itself or through an alias or merge key."""
        return len(walk(self._tree.root, path)) == len(path)

    def get(self, path: Sequence[str | int], default: Any = None) -> Any:
        """The value at ``path``."""
        steps = walk(self._tree.root, path)
        if len(steps) < len(path):
            return default
        return steps[-1].value.data if steps else self.data

    def position(self, path: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
        """1-based line and column of the value at ``path``, or of its key.

        A path that does not exist has the position of the key of its nearest ancestor that does.
        """
        steps = walk(self._tree.root, path)
        if not steps:
            root = self._tree.root
            return line_column(self.text, root.start) if root else (1, 1)
        step = steps[-1]
        if step.key is not None and (key or len(steps) < len(path)):
            return line_column(self.text, pair_start(self.text, step.key))
        return line_column(self.text, step.value.start)

    def replace(self, text: str) -> None:
        """Take ``text`` as the whole content. Raises YamlError; the content stays then."""
        self._tree = parse(text)

    def set(self, path: Sequence[str | int], value: Any) -> None:
        """Give ``path`` a value (str, int, float, bool, None, list, Mapping); missing parents are made.

        A mapping given for a mapping changes only the keys that differ. A key that a ``<<`` brings is
        written out beside it. Raises DeploymentError (edit-impossible) where something is shared: below
        an alias or a merged block, or where an alias elsewhere means what would change; ValueError for
        a value of another type.
        """
        path = tuple(path)
        if isinstance(value, Mapping) and value:
            current = self.get(path)
            steps = walk(self._tree.root, path)
            if isinstance(current, dict) and current and not (steps and steps[-1].value.kind == "alias"):
                self._update(path, current, value)
                return
        if self.has(path) and same(self.get(path), value):
            return
        try:
            self._set(path, value)
        except UnicodeEncodeError:
            raise self._refused(path, "the value is not Unicode text") from None

    def _update(
        self, path: tuple[str | int, ...], current: Mapping[Any, Any], value: Mapping[Any, Any]
    ) -> None:
        before = self._tree
        try:
            for name, item in value.items():
                self.set((*path, name), item)
            for name in [name for name in current if name not in value]:
                self.remove((*path, name))
        except (DeploymentError, ValueError):
            self._tree = before
            raise

    def _set(self, path: tuple[str | int, ...], value: Any) -> None:
        tree, style = self._tree, style_of(self._tree)
        steps = walk(tree.root, path)
        self._editable(path, steps)
        if len(steps) == len(path) and steps and not steps[-1].merged:
            expected = with_value(tree.data, [step.name for step in steps], value)
            self._take(path, setting.replacements(tree, steps[-1], value, style), expected)
            return
        if steps and steps[-1].merged:
            steps = steps[:-1]
        names = [step.name for step in steps]
        parent = steps[-1].value if steps else tree.root
        rest = path[len(steps) :]
        if parent is None or (parent.kind == "scalar" and parent.data is None):
            new = setting.nested(rest, value)
            candidates = (
                setting.replacements(tree, steps[-1], new, style)
                if steps
                else setting.into_empty(tree, new, style)
            )
            expected = with_value(tree.data, names, new)
        elif parent.kind == "scalar" or (
            parent.kind == "sequence" and rest[0] not in {len(parent.items), str(len(parent.items))}
        ):
            what = "a list" if parent.kind == "sequence" else "a plain value"
            raise self._refused(path, f"{dotted(path[: len(steps)]) or 'the file'} is {what}")
        else:
            new = setting.nested(rest[1:], value)
            candidates = setting.insertions(tree, parent, rest[0], new, style)
            name = len(parent.items) if parent.kind == "sequence" else rest[0]
            expected = with_value(tree.data, [*names, name], new)
        self._take(path, candidates, expected)

    def remove(self, path: Sequence[str | int], *, prune: bool = False) -> bool:
        """Remove an entry with the comment on its line; False where there is none.

        The last entry leaves ``{}`` or ``[]``. With ``prune`` the block mappings that this leaves empty go
        as well, which undoes what :meth:`set` made. Raises DeploymentError (edit-impossible) where
        the entry is shared.
        """
        path = tuple(path)
        tree = self._tree
        steps = walk(tree.root, path)
        if len(steps) < len(path) or not path:
            return False
        self._editable(path, steps)
        if steps[-1].merged:
            raise self._refused(path, f"it comes from a << key ({line(self.text, steps[-1].value)})")
        while prune and len(steps) > 1 and _emptied(steps[-1]) and _prunable(steps):
            steps = steps[:-1]
        step = steps[-1]
        names = [item.name for item in steps]
        fallback = merged_step(step.parent, path[len(steps) - 1]) if step.key is not None else None
        if fallback is not None:
            expected = with_value(tree.data, names, fallback.value.data)
        else:
            expected = without(tree.data, names)
        if not _emptied(step) or step.parent.flow:
            candidates = removing.removals(tree, step)
        elif len(steps) == 1:
            try:
                self._take(path, removing.removals(tree, step), None)
            except DeploymentError:
                # Nothing at all is not allowed before a `...`.
                self._take(path, [[(step.parent.start, step.parent.end, "{}")]], {})
            return True
        else:
            empty: Any = [] if step.parent.kind == "sequence" else {}
            candidates = setting.replacements(tree, steps[-2], empty, style_of(tree))
        self._take(path, candidates, expected)
        return True

    def remove_comments(self, pattern: re.Pattern[str]) -> None:
        """Remove every comment in which ``pattern`` is found, and its line if it has one of its own."""
        edits = comments.without_comments(self.text, pattern)
        if edits:
            self._take((), [edits], self.data)

    def save(self) -> bool:
        """Write the file atomically if anything changed; its mode and a symlink to it stay.

        Raises DeploymentError (file-changed) where the file is not the one that was read, OSError.
        """
        if self.path is None:
            raise ValueError("a document without a path cannot be saved")
        if not self.changed:
            return False
        raw = self.bytes()
        current = self.path.read_bytes() if self.path.exists() else None
        if current != self._original:
            what = "removed" if current is None else "made" if self._original is None else "changed on disk"
            raise DeploymentError(
                "file-changed",
                f"{self.name} was not written.",
                reason=f"it was {what} since it was read",
                remedy="Run the same command again: it reads the file anew.",
            )
        atomic_write(self.path, raw)
        self._original = raw
        return True

    def _take(
        self, path: tuple[str | int, ...], candidates: Iterable[list[removing.Edit]], expected: Any
    ) -> None:
        """Take the first candidate that means ``expected``."""
        reason = ""
        for edits in candidates:
            text = splice(self.text, edits)
            try:
                tree = parse(text)
            except YamlError as error:
                reason = reason or error.message
                continue
            if same(tree.data, expected):
                self._tree = tree
                return
        raise self._refused(
            path, shared(self._tree, path) or reason or "the change would alter something else"
        )

    def _editable(self, path: tuple[str | int, ...], steps: list[Step]) -> None:
        why = closed(self.text, path, steps)
        if why:
            raise self._refused(path, why)

    def _refused(self, path: tuple[str | int, ...], reason: str) -> DeploymentError:
        return refused(self.name, path, reason)


def _emptied(step: Step) -> bool:
    return len(step.parent.pairs or step.parent.items) == 1


def _prunable(steps: list[Step]) -> bool:
    holder = steps[-2]
    return (
        steps[-1].parent.kind == "mapping"
        and (not steps[-1].parent.flow or holder.parent.flow)
        and holder.key is not None
    )
