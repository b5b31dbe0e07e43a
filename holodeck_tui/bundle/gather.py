"""References become files: found, walked, followed, checked; everything wrong is collected, then raised."""

from __future__ import annotations

import itertools
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from holodeck_tui.bundle.bundle import BundleFile
from holodeck_tui.bundle.flaws import Flaws
from holodeck_tui.bundle.ignore import IgnoreRules, Pattern, translate
from holodeck_tui.bundle.imports import follow
from holodeck_tui.bundle.lint import Allowed, suspicious_content, suspicious_name, suspicious_settings
from holodeck_tui.bundle.paths import Found, NotShippable, Tree, is_absolute
from holodeck_tui.bundle.reading import read_all
from holodeck_tui.bundle.references import Key, Kind, Reference
from holodeck_tui.bundle.walk import walk
from holodeck_tui.config.document import Document
from holodeck_tui.core.cancel import CancelToken

_GLOB = frozenset("*?[")
_SCRIPTS = (".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".sh")


@dataclass(frozen=True)
class _Entry:
    found: Found
    named_by: str
    kind: Kind | None


class Gatherer:
    """Takes references in, gives files out. ``skipped`` are paths that never ship as they are.

    ``expand`` gives a text as the container sees it, or None where a variable has no value yet.
    """

    def __init__(
        self,
        tree: Tree,
        *,
        rules: IgnoreRules,
        allowed: Allowed,
        skipped: frozenset[str],
        expand: Callable[[str], str | None],
        cancel: CancelToken,
    ) -> None:
        self._tree = tree
        self._rules = rules
        self._allowed = allowed
        self._skipped = skipped
        self._expand = expand
        self._cancel = cancel
        self._entries: dict[str, _Entry] = {}
        self._flaws = Flaws()
        self.warnings: list[str] = []

    def take(self, document: Document, references: Iterable[Reference]) -> dict[Key, str]:
        """Take what ``document`` names; returns the values that must be spelled otherwise to be found."""
        name = document.path.name if document.path else "agent.yaml"
        rewrites: dict[Key, str] = {}
        for reference in references:
            self._cancel.check()
            where = f"{name}:{document.position(reference.key)[0]}  {reference.dotted}"
            text = self._expand(reference.text)
            if text is None:
                continue  # the missing variable is reported, and stops the run before anything is built
            try:
                found = self._take(reference, text, where)
            except NotShippable as why:
                self._flaws.add(where, reference.text, why)
                continue
            if found is not None and text == reference.text and _misspelled(text):
                rewrites[reference.key] = f"./{found.path}" if reference.kind is Kind.ARGUMENT else found.path
        return rewrites

    def read(self) -> list[BundleFile]:
        """Read all that was taken. Raises DeploymentError with every flaw there is."""
        files: list[BundleFile] = []
        found = [entry.found for entry in self._entries.values()]
        for one, outcome in read_all(found, self._suspicion, self._cancel):
            if isinstance(outcome, NotShippable):
                self._flaws.add(self._entries[one.path].named_by, one.path, outcome)
            else:
                files.append(outcome)
        self._flaws.raise_all()
        return files

    def _suspicion(self, found: Found, head: bytes) -> str | None:
        if found.path in self._allowed:
            return None
        kind = self._entries[found.path].kind
        if kind is Kind.ENV_FILE:
            return suspicious_settings(head) or suspicious_content(head)
        # What agent.yaml names itself is meant to ship, whatever its name; a key in it is still a key.
        by_name = suspicious_name(found.path) if kind is None else None
        return by_name or suspicious_content(head)

    def _take(self, reference: Reference, text: str, where: str) -> Found | None:
        match reference.kind:
            case Kind.DATA:
                return self._data(text, where)
            case Kind.FOLDER:
                return self._folder(text, where)
            case Kind.ARGUMENT:
                return self._argument(text, where)
            case Kind.IF_THERE:
                self._if_there(text, where)
                return None
            case kind:
                return self._file(text, where, kind)

    def _file(self, text: str, where: str, kind: Kind) -> Found:
        found = self._tree.find(text)
        if found.is_folder:
            raise NotShippable("file-unreadable", "it is a folder, and a file belongs here")
        self._named(found, where, kind)
        if kind is Kind.PYTHON:
            self._follow(found, where)
        return found

    def _named(self, found: Found, where: str, kind: Kind) -> None:
        """A file that agent.yaml names itself: left out by .dockerignore, the agent would not work."""
        pattern = self._rules.decides(found.path)
        if pattern is not None:
            raise NotShippable(
                "file-ignored",
                f"line {pattern.line} of .dockerignore ({pattern.text}) leaves it out",
                f"add !{found.path} below",
            )
        self._add(found, where, kind)

    def _add(self, found: Found, where: str, kind: Kind | None) -> None:
        if found.path in self._skipped:
            return
        known = self._entries.get(found.path)
        if known is None or (known.kind is None and kind is not None):
            self._entries[found.path] = _Entry(found, where, kind)

    def _follow(self, start: Found, where: str) -> None:
        imports = follow(self._tree, start)
        self.warnings += imports.warnings
        for path, why in imports.refused.items():
            self._flaws.add(where, path, why)
        for found in imports.files.values():
            if self._rules.decides(found.path) is None:
                self._add(found, where, None)
            else:
                self.warnings.append(f"{start.path} imports {found.path}, which .dockerignore leaves out.")
        for found in imports.folders.values():
            self._walk(found, where)

    def _data(self, text: str, where: str) -> Found | None:
        try:
            found = self._tree.find(text)
        except NotShippable as why:
            if why.code != "file-missing" or not _GLOB & set(text):
                raise
            self._glob(text.replace("\\", "/"), where)
            return None
        if not found.is_folder:
            self._named(found, where, Kind.DATA)
        elif not self._walk(found, where):
            raise self._nothing_below(found)
        return found

    def _nothing_below(self, folder: Found) -> NotShippable:
        if any(True for _ in walk(self._tree, folder, IgnoreRules(), lambda _path, _why: None)):
            return NotShippable("file-ignored", ".dockerignore leaves out all that is in it")
        return NotShippable("file-missing", "it is an empty folder, and the container would not have it")

    def _walk(self, folder: Found, where: str) -> int:
        count = 0
        for found in walk(
            self._tree, folder, self._rules, lambda path, why: self._flaws.add(where, path, why)
        ):
            self._cancel.check()
            self._add(found, where, None)
            count += 1
        return count

    def _glob(self, pattern: str, where: str) -> None:
        normal = unicodedata.normalize("NFC", posixpath.normpath(pattern))
        if normal.startswith("../"):
            raise NotShippable("file-outside", "it leads out of the agent's folder")
        try:
            regex = re.compile(translate(normal), re.DOTALL)
        except re.error:
            raise NotShippable("file-missing", "it does not exist, and is no valid glob") from None
        wanted = Pattern(normal, 1, negated=False, regex=regex)
        base = "/".join(itertools.takewhile(lambda part: not _GLOB & set(part), normal.split("/")))

        def refuse(path: str, why: NotShippable) -> None:
            if wanted.matches(path):
                self._flaws.add(where, path, why)

        matches = [
            found
            for found in walk(self._tree, self._tree.find(base or "."), IgnoreRules(), refuse)
            if wanted.matches(found.path)
        ]
        ships = [found for found in matches if self._rules.decides(found.path) is None]
        if not ships:
            reason = ".dockerignore leaves out all that it matches" if matches else "it matches no file"
            raise NotShippable("file-ignored" if matches else "file-missing", reason)
        for found in ships:
            self._add(found, where, None)
        self.warnings.append(f"{where}: holodeck-ai 0.7.1 takes a glob for one name and finds nothing.")

    def _folder(self, text: str, where: str) -> Found | None:
        if is_absolute(text):
            self.warnings.append(f"{where}: {text} is a folder of the container; nothing ships for it.")
            return None
        found = self._tree.find(text)
        if not found.is_folder:
            raise NotShippable("file-unreadable", "it is a file, and a folder belongs here")
        # The folder itself is /app: naming it asks for nothing that does not ship anyway.
        if found.path != "." and not self._walk(found, where):
            raise self._nothing_below(found)
        return found

    def _if_there(self, text: str, where: str) -> None:
        try:
            found = self._tree.find(text)
        except NotShippable as why:
            if why.code != "file-missing":
                raise
            return
        if found.is_folder:
            self._walk(found, where)
        elif self._rules.decides(found.path) is None:
            self._add(found, where, None)

    def _argument(self, text: str, where: str) -> Found | None:
        option, _, value = text.partition("=") if text.startswith("-") else ("", "", text)
        relative = value.startswith(("./", "../", ".\\", "..\\")) or value in {".", ".."}
        if is_absolute(value):
            self._absolute_argument(value)
            return None
        if not relative and (not _may_be_path(value) or (text.startswith("-") and not option)):
            return None
        try:
            found = self._tree.find(value)
        except NotShippable as why:
            if why.code == "file-outside" or (
                why.code == "file-missing" and relative and not option and value.endswith(_SCRIPTS)
            ):
                raise
            if relative:
                self.warnings.append(
                    f"{where}: {value} does not exist here, so the container will not have it."
                )
            return None
        if found.is_folder:
            if found.path != ".":
                self._walk(found, where)
        else:
            self._named(found, where, Kind.ARGUMENT)
            self._follow(found, where)
        return None if option else found

    def _absolute_argument(self, value: str) -> None:
        """Paths of the container are fine; one below the agent's folder is there on this machine only."""
        if posixpath.normpath(value).startswith(f"{self._tree.root.as_posix()}/"):
            self._tree.find(value)


def _may_be_path(text: str) -> bool:
    """A word alone ("server", "-y", "@scope/package") is a name of something else."""
    return not text.startswith(("-", "@")) and "://" not in text and ("/" in text or "." in text)


def _misspelled(text: str) -> bool:
    """Whether the container would not find it under this text: its system compares bytes."""
    parts = text.split("/")
    return "\\" in text or ".." in parts or unicodedata.normalize("NFC", text) != text
