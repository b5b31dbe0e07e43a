"""The modules of the agent that a tool's file imports, followed as deep as they go. Nothing is run."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from holodeck_tui.bundle.paths import Found, NotShippable, Tree

# No module is larger; a parser given anything takes anything's time.
_LARGEST = 4 * 1024 * 1024
_JS_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
_JS_ENDINGS = (*_JS_SUFFIXES, ".json", *(f"/index{suffix}" for suffix in _JS_SUFFIXES))
_JS_IMPORT = re.compile(
    r"""(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(?P<quote>["'])(?P<name>[^"'\n]{1,300})(?P=quote)"""
)


@dataclass
class Imports:
    """What was found: ``files`` that ship too, whole ``folders``, what is there and cannot ship."""

    files: dict[str, Found] = field(default_factory=dict)
    folders: dict[str, Found] = field(default_factory=dict)
    refused: dict[str, NotShippable] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def follow(tree: Tree, start: Found) -> Imports:
    """Every module below the agent's folder that ``start`` imports, directly or not.

    ``serve`` puts the agent's folder on the module path; many tools put their own there as well, so
    names are looked up in both. Names that neither has belong to the image and are left to it.
    """
    follower = _Follower(tree)
    todo = [start]
    while todo:
        module = todo.pop()
        for other in follower.imported(module):
            if other.path not in follower.found.files and other.path != start.path:
                follower.found.files[other.path] = other
                todo.append(other)
    return follower.found


class _Follower:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.found = Imports()

    def imported(self, module: Found) -> Iterator[Found]:
        if module.path.endswith(".py"):
            yield from self._python(module)
        elif module.path.endswith(_JS_SUFFIXES):
            yield from self._javascript(module)

    def _python(self, module: Found) -> Iterator[Found]:
        try:
            parsed = ast.parse(_read(module))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            self.found.warnings.append(
                f"{module.path}{line}: this is no Python; its imports were not followed."
            )
            return
        here = posixpath.dirname(module.path)
        for node in ast.walk(parsed):
            for roots, parts in _names(node, here):
                yield from self._module(roots, parts)

    def _module(self, roots: tuple[str, ...], parts: list[str]) -> Iterator[Found]:
        """``a.b.c``: each package's ``__init__.py`` on the way, and the module or package at its end."""
        for root in dict.fromkeys(roots):
            folder = root
            for part in parts:
                package = self._file(posixpath.join(folder, part, "__init__.py"))
                plain = None if package else self._file(posixpath.join(folder, f"{part}.py"))
                if module := package or plain:
                    yield module
                if plain:
                    break
                folder = posixpath.join(folder, part)
            if not parts and (package := self._file(posixpath.join(root, "__init__.py"))):
                yield package

    def _javascript(self, module: Found) -> Iterator[Found]:
        text = _read(module).decode("utf-8", "replace")
        here = posixpath.dirname(module.path)
        bare = False
        for match in _JS_IMPORT.finditer(text):
            name = match["name"]
            if not name.startswith(("./", "../")):
                bare = bare or not name.startswith("node:")
                continue
            base = posixpath.normpath(posixpath.join(here, name))
            # TypeScript writes ./x.js for what is x.ts before it is compiled.
            stem = [base.removesuffix(".js") + ".ts"] if base.endswith(".js") else []
            places = [base, *(base + ending for ending in _JS_ENDINGS), *stem]
            other = next((hit for place in places if (hit := self._file(place))), None)
            if other is not None:
                yield other
        yield from self._packages(here, bare)

    def _packages(self, here: str, bare: bool) -> Iterator[Found]:
        for folder in (here, *_parents(here)):
            package = self._file(posixpath.join(folder, "package.json"))
            if package is not None:
                yield package
                modules = self._look(posixpath.join(folder, "node_modules"))
                if bare and modules is not None and modules.is_folder:
                    self.found.folders[modules.path] = modules
                return

    def _file(self, path: str) -> Found | None:
        found = self._look(path)
        return None if found is None or found.is_folder else found

    def _look(self, path: str) -> Found | None:
        try:
            return self._tree.find(path)
        except NotShippable as why:
            if why.code != "file-missing" and not path.startswith("../"):
                self.found.refused[path] = why
            return None


def _names(node: ast.AST, here: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """The folders to look in and the parts of each module name that a statement imports."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield ("", here), alias.name.split(".")
        case ast.ImportFrom(module=name, names=names, level=level):
            above = [here, *_parents(here)]
            roots = ("", here) if not level else (above[level - 1],) if level <= len(above) else ()
            for alias in names:
                dotted = f"{name or ''}.{alias.name}".strip(".")
                yield roots, [part for part in dotted.split(".") if part != "*"]
        case ast.Call(args=[ast.Constant(value=str(name)), *_]) if _called(node) == "import_module":
            if not name.startswith("."):
                yield ("", here), name.split(".")
        case _:
            return


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _parents(folder: str) -> list[str]:
    parents = []
    while folder:
        folder = posixpath.dirname(folder)
        parents.append(folder)
    return parents


def _read(module: Found) -> bytes:
    try:
        with module.real.open("rb") as file:
            return file.read(_LARGEST)
    except OSError:
        return b""  # reading it to ship it reports this
