"""Google's own description of its APIs (the discovery documents), and what breaks it in a message."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

_DOCUMENTS = {
    "google.cloud.run.v2": ("run.v2", "GoogleCloudRunV2"),
    "google.cloud.secretmanager.v1": ("secretmanager.v1", ""),
    "google.devtools.artifactregistry.v1": ("artifactregistry.v1", ""),
    "google.cloud.location": ("artifactregistry.v1", ""),
    "google.logging.v2": ("logging.v2", ""),
}

# Answers that were held to the model already; a listing of hundreds would be held to it again each time.
_FLAWLESS: set[tuple[str, bytes]] = set()


@cache
def document(name: str) -> dict[str, Any]:
    """A discovery document as google-api-python-client ships it."""
    folder = files("googleapiclient") / "discovery_cache" / "documents"
    loaded: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return loaded


def schema_of(message: Message) -> tuple[str, dict[str, Any]] | None:
    """The document and the schema that describe a message; None for those that have none."""
    package, _, name = message.DESCRIPTOR.full_name.rpartition(".")
    if package not in _DOCUMENTS:
        return None
    place, prefix = _DOCUMENTS[package]
    found = document(place)["schemas"].get(prefix + name)
    return None if found is None else (place, found)


def as_json(message: Message) -> dict[str, Any]:
    """The message as the REST API would show it."""
    made: dict[str, Any] = MessageToDict(message)
    return made


def request_flaws(message: Message, *, partial: bool = False) -> list[str]:
    """What Google would not take: a required field missing, one that only Google writes, a wrong value."""
    found = schema_of(message)
    if found is None:
        return []
    place, schema = found
    return [*_flaws(place, schema, as_json(message), "", asked=True, partial=partial)]


def answer_flaws(message: Message) -> list[str]:
    """What Google would never say."""
    found = schema_of(message)
    if found is None:
        return []
    place, schema = found
    if len(getattr(message, "entries", ())) > 5:
        # A thousand lines of a log are all of one form.
        message = type(message)(entries=message.entries[:5])
    data = message.SerializeToString(deterministic=True)
    key = (message.DESCRIPTOR.full_name, hashlib.sha256(data).digest())
    if key in _FLAWLESS:
        return []
    found_flaws = [*_flaws(place, schema, as_json(message), "", asked=False, partial=True)]
    if not found_flaws:
        _FLAWLESS.add(key)
    return found_flaws


def name_flaw(place: str, path: str, parameter: str, value: str) -> str | None:
    """Whether a resource name has the form that the document wants of it."""
    for method in _methods(document(place)["resources"]):
        if method["id"] == path:
            pattern = method["parameters"][parameter]["pattern"]
            return None if re.fullmatch(pattern, value) else f"{parameter} {value!r} is not {pattern}"
    raise KeyError(path)


def _methods(resources: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in resources.values():
        yield from one.get("methods", {}).values()
        yield from _methods(one.get("resources", {}))


def _flaws(
    place: str, schema: dict[str, Any], value: dict[str, Any], path: str, *, asked: bool, partial: bool
) -> Iterator[str]:
    properties = schema.get("properties", {})
    if not partial:
        for name, rule in properties.items():
            needed = rule.get("description", "").startswith("Required.")
            if needed and not rule.get("readOnly") and name not in value:
                yield f"{path}{name} is required"
    for name, part in value.items():
        rule = properties.get(name)
        if rule is None:
            yield f"{path}{name} is not in the published model"
        elif asked and rule.get("readOnly"):
            yield f"{path}{name} is output only"
        else:
            yield from _value(place, rule, part, f"{path}{name}", asked=asked)


def _value(place: str, rule: dict[str, Any], value: Any, path: str, *, asked: bool) -> Iterator[str]:
    if "$ref" in rule:
        schema = document(place)["schemas"][rule["$ref"]]
        if isinstance(value, dict):
            yield from _flaws(place, schema, value, f"{path}.", asked=asked, partial=not asked)
        return
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
        "array": (list,),
        "object": (dict,),
    }
    kind = rule.get("type", "any")
    if kind in kinds and not isinstance(value, kinds[kind]):
        yield f"{path} is no {kind}"
        return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{path} is {value}, which is none of the published values"
    if kind == "array":
        for number, part in enumerate(value):
            yield from _value(place, rule["items"], part, f"{path}[{number}]", asked=asked)
    if kind == "object" and isinstance(rule.get("additionalProperties"), dict):
        for key, part in value.items():
            yield from _value(place, rule["additionalProperties"], part, f"{path}[{key}]", asked=asked)
