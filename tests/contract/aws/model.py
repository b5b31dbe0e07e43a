"""Requests and answers held to botocore's own service models, further than botocore holds them.

botocore checks type, required and min on the way out and nothing on the way in; enum, pattern, length and
unknown members are checked here, in both directions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import create_parser
from botocore.session import Session

_SESSION = Session()


@cache
def service_model(name: str) -> ServiceModel:
    return _SESSION.get_service_model(name)


def told_by(service: ServiceModel, operation: OperationModel, data: bytes, headers: Mapping[str, str]) -> Any:
    """What an answer of moto says: JSON as it stands, XML as botocore reads it (moments as seconds)."""
    if "json" in service.metadata["protocol"]:
        return json.loads(data or b"{}")
    parser = create_parser(service.metadata["protocol"])
    answer = {"status_code": 200, "headers": dict(headers), "body": data, "context": {}}
    parsed = parser.parse(answer, operation.output_shape)
    parsed.pop("ResponseMetadata", None)
    return _plain(parsed)


def corrected(value: Any, names: Mapping[str, str]) -> Any:
    """``value`` as AWS says it: what is absent left out, where moto says null, and members by their ``names``."""
    if isinstance(value, dict):
        return {
            names.get(name, name): corrected(one, names) for name, one in value.items() if one is not None
        }
    return [corrected(one, names) for one in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def flaws(value: Any, shape: Shape, path: str = "") -> list[str]:
    """Everything in ``value`` that ``shape`` does not allow."""
    kind = shape.type_name
    check = _CHECKS.get(kind)
    return check(value, shape, path or shape.name) if check else []


def _structure(value: Any, shape: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: not an object"]
    found = [
        f"{path}.{name}: required member missing" for name in shape.required_members if name not in value
    ]
    for name, inner in value.items():
        if name not in shape.members:
            found.append(f"{path}.{name}: unknown member")
        else:
            found += flaws(inner, shape.members[name], f"{path}.{name}")
    return found


def _list(value: Any, shape: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: not a list"]
    found = _range(len(value), shape, path, "items")
    return found + [
        each for index, one in enumerate(value) for each in flaws(one, shape.member, f"{path}[{index}]")
    ]


def _map(value: Any, shape: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: not a map"]
    found = []
    for name, one in value.items():
        found += flaws(name, shape.key, f"{path} key") + flaws(one, shape.value, f"{path}.{name}")
    return found


def _string(value: Any, shape: Any, path: str) -> list[str]:
    if not isinstance(value, str):
        return [f"{path}: not a string"]
    found = _range(len(value), shape, path, "characters")
    if shape.enum and value not in shape.enum:
        found.append(f"{path}: {value!r} is none of {shape.enum}")
    pattern = shape.metadata.get("pattern")
    # A contradiction of App Runner's own model: at most 32 characters, and a pattern of 36. Real ids have 32.
    if path.endswith(".ServiceId") and re.fullmatch(r"[0-9a-f]{32}", value):
        return []
    if pattern and r"\p{" not in pattern and not re.fullmatch(pattern, value):
        found.append(f"{path}: {value!r} does not match {pattern}")
    return found


def _number(value: Any, shape: Any, path: str) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        return [f"{path}: not a whole number"]
    return _range(value, shape, path, "")


def _range(value: int, shape: Any, path: str, unit: str) -> list[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and value < low) or (high is not None and value > high):
        return [f"{path}: {value} {unit} is outside of {low} to {high}"]
    return []


def _boolean(value: Any, _shape: Any, path: str) -> list[str]:
    return [] if isinstance(value, bool) else [f"{path}: not a boolean"]


def _timestamp(value: Any, _shape: Any, path: str) -> list[str]:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return [] if number else [f"{path}: not a number of seconds"]


_CHECKS = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _number,
    "long": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
