"""Every remedy that stands in the sources, found by reading them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import holodeck_tui
from holodeck_tui.core.errors import CODES

PACKAGE = Path(holodeck_tui.__file__).parent
# What stands for a part that is known at run time only.
UNKNOWN = "x"
_MOST = 64
# Tables from codes or states to what they mean.
_MEANINGS = {"holodeck_tui.core.errors", "holodeck_tui.deployers.aws.apprunner_status"}
# Where the remedy stands among the values of what is made by position.
_POSITION = {"Check": 3, "Login": 3, "Cell": 2}


class _Module:
    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        self.constants: dict[str, ast.expr] = {}
        self.imported: dict[str, tuple[str, str]] = {}
        self.functions = {one.name: one for one in self.tree.body if isinstance(one, ast.FunctionDef)}
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.constants[node.targets[0].id] = node.value
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for one in node.names:
                    self.imported[one.asname or one.name] = node.module, one.name


class Remedies:
    """``found``: place and text, each once. A part that is not constant is :data:`UNKNOWN`."""

    def __init__(self) -> None:
        self._modules = {one.name: one for one in map(_Module, sorted(PACKAGE.rglob("*.py")))}
        self.found = sorted({one for module in self._modules.values() for one in self._of(module)})

    def _of(self, module: _Module) -> Iterator[tuple[str, str]]:
        plain = {id(value) for value in module.constants.values() if isinstance(value, ast.Tuple)}
        for node in ast.walk(module.tree):
            if id(node) in plain or (isinstance(node, ast.Dict) and module.name in _MEANINGS):
                continue
            for expression in (*_expressions(node), *_told_by(node, module.functions)):
                for text in self._texts(module, expression):
                    if text.strip(UNKNOWN) and " " in text.strip():
                        yield f"{module.name}:{expression.lineno}", text

    def _texts(self, module: _Module, node: ast.expr) -> list[str]:
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.IfExp):
            return self._texts(module, node.body) + self._texts(module, node.orelse)
        if isinstance(node, ast.BoolOp):
            return [text for value in node.values for text in self._texts(module, value)]
        if isinstance(node, ast.BinOp):
            return self._joined([self._texts(module, node.left), self._texts(module, node.right)])
        if isinstance(node, ast.JoinedStr):
            return self._joined([self._texts(module, value) for value in node.values])
        if isinstance(node, ast.FormattedValue):
            return self._texts(module, node.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"clean", "sanitize"}:
            return self._texts(module, node.args[0])
        if isinstance(node, ast.Name):
            if node.id in module.constants:
                return self._texts(module, module.constants[node.id])
            where, name = module.imported.get(node.id, ("", ""))
            other = self._modules.get(where)
            if other is not None and name in other.constants:
                return self._texts(other, other.constants[name])
        return []

    @staticmethod
    def _joined(parts: list[list[str]]) -> list[str]:
        return ["".join(one) for one in product(*(part or [UNKNOWN] for part in parts))][:_MOST]


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """What ``node`` says of a remedy."""
    if isinstance(node, ast.Call):
        yield from (word.value for word in node.keywords if word.arg == "remedy")
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        at = _POSITION.get(called)
        if at is not None and len(node.args) > at:
            yield node.args[at]
    elif isinstance(node, ast.Assign):
        yield from _assigned(node.targets[0], node.value)
    elif isinstance(node, ast.FunctionDef) and "remedy" in node.name:
        yield from (one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value)
    elif isinstance(node, ast.Tuple) and len(node.elts) > 2 and _is_code(node.elts[-3]):
        # A row of a table from errors to a code, a reason, a remedy.
        yield node.elts[-1]
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(value, ast.Tuple) and (_is_code(key) or _is_code(value.elts[0])):
                yield value.elts[-1]


def _is_code(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value in CODES


def _told_by(node: ast.AST, functions: dict[str, ast.FunctionDef]) -> Iterator[ast.expr]:
    """Of ``code, remedy = function(…)`` what the function returns last."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        *_, last = ast.unparse(node.targets[0]).strip("()").split(", ")
        function = functions.get(ast.unparse(node.value.func))
        if last == "remedy" and function is not None:
            for one in ast.walk(function):
                if isinstance(one, ast.Return) and isinstance(one.value, ast.Tuple):
                    yield one.value.elts[-1]


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, each in zip(target.elts, value.elts, strict=True):
            yield from _assigned(one, each)
    elif "remedy" in ast.unparse(target).lower():
        yield value
