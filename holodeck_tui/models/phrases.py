"""pydantic's own errors in this project's words: the rule, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Nearest = Callable[[str, Iterable[str]], "str | None"]

_SIMPLE = {
    # Not quoted: a number that stands for a password is one.
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a block of keys and values",
    "model_type": "must be a block of keys and values",
    "model_attributes_type": "must be a block of keys and values",
}

# Where people look for a key that lives somewhere else.
_ELSEWHERE = {
    ("DeploymentConfig", "name"): "the name is agent.yaml's own `name`",
    ("DeploymentConfig", "image"): "the base image is `image.base` in deploy.yaml",
    ("DeploymentConfig", "secrets"): "secrets stand in deploy.yaml",
    ("Overlay", "deployment"): "it stands in agent.yaml, or here under `environments.NAME`",
}


def phrase(cls: Any, line: Mapping[str, Any], nearest: Nearest) -> tuple[str, str]:
    """``(message, plain)`` of one pydantic error of model ``cls``; the second quotes no value."""
    kind, context = line["type"], line.get("ctx") or {}
    key = str(line["loc"][-1]) if line["loc"] else ""
    if kind == "missing":
        return _same(f"`{key}` is required{_about(cls, line['loc'])}")
    if kind == "extra_forbidden":
        return _same(unknown(cls.__name__, key, cls.model_fields, nearest))
    if kind in {"literal_error", "enum"}:
        return _choices(str(context.get("expected", "")), line.get("input"), nearest)
    if kind in _SIMPLE:
        return _same(_SIMPLE[kind])
    for bound, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if bound in context:
            return _same(f"must be {words} {context[bound]}")
    text = str(line["msg"])
    return _same(text[:1].lower() + text[1:])


def unknown(model: str, key: str, known: Iterable[str], nearest: Nearest) -> str:
    """What to say about a key nobody knows."""
    names = list(known)
    elsewhere = _ELSEWHERE.get((model, key))
    if elsewhere:
        return f"unknown key `{key}`; {elsewhere}"
    near = nearest(key, names)
    if near:
        return f"unknown key `{key}`; did you mean `{near}`?"
    return f"unknown key `{key}`; known here: {', '.join(names)}"


def _about(cls: Any, loc: tuple[Any, ...]) -> str:
    field = cls.model_fields.get(loc[0]) if len(loc) == 1 else None
    return f": {field.description}" if field is not None and field.description else ""


def _choices(expected: str, value: object, nearest: Nearest) -> tuple[str, str]:
    names = [name.strip().strip("'") for name in expected.replace(" or ", ", ").split(",") if name.strip()]
    plain = f"must be one of {', '.join(names)}"
    near = nearest(value, names) if isinstance(value, str) else None
    return (f"{plain}; did you mean `{near}`?", plain) if near else (plain, plain)


def _same(text: str) -> tuple[str, str]:
    return text, text
