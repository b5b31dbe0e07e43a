"""Checks that several models share; each raises a flaw or returns the value as it was written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import ValidationInfo

from holodeck_tui.models.base import allowed_reference, flaw

ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")


def check_path(value: str, info: ValidationInfo) -> str:
    """An absolute URL path without query and fragment."""
    if allowed_reference(value, info) or _PATH.fullmatch(value):
        return value
    plain = "must be a path that starts with /"
    bare = f"/{value.lstrip('/')}"
    raise flaw("path", plain, bare if _PATH.fullmatch(bare) else "a path such as /health")


def check_env_names(names: Mapping[str, object]) -> None:
    """Every key is a name that shells and containers take."""
    for name in names:
        if not ENV_NAME.fullmatch(name):
            fixed = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
            instead = fixed if ENV_NAME.fullmatch(fixed) else "letters, digits and _, not starting with a digit"
            raise flaw("env-name", f"`{name}` is no name of an environment variable", instead)
