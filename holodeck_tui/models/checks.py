"""Checks that several models share; each raises a flaw or returns the value as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, ValidationInfo

from holodeck_tui.models.base import Flaw, allowed_reference, flaw

Percent = Annotated[int, Field(ge=0, le=100)]

ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")


def check_path(value: str, info: ValidationInfo) -> str:
    """An absolute URL path without query and fragment."""
    if allowed_reference(value, info) or _PATH.fullmatch(value):
        return value
    plain = "must be a path that starts with /"
    bare = f"/{value.lstrip('/')}"
    raise flaw("path", plain, bare if _PATH.fullmatch(bare) else "a path such as /health")


def wrong_names(field: str, names: object) -> Iterator[Flaw]:
    """Keys of ``field`` that shells and containers do not take as names of environment variables."""
    for name in names if isinstance(names, Mapping) else ():
        if not ENV_NAME.fullmatch(str(name)):
            text = f"`{name}` is no name of an environment variable; write {env_name(str(name))}"
            yield Flaw((field, str(name)), text, text, "env-name")


def env_name(name: str) -> str:
    """The nearest valid name, or what makes one."""
    fixed = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
    return fixed if ENV_NAME.fullmatch(fixed) else "letters, digits and _, not starting with a digit"


def whole(traffic: dict[str, int] | None) -> dict[str, int] | None:
    """Percents that make a hundred."""
    if traffic and sum(traffic.values()) != 100:
        raise flaw("traffic", "the percents must make 100 together")
    return traffic
