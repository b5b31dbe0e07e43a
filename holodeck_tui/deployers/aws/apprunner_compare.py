"""What differs between a live App Runner service and what would be sent, after App Runner's own spelling."""

from __future__ import annotations

from typing import Any

from holodeck_tui.bundle.container import looks_like_token
from holodeck_tui.core.redact import MASK, looks_secret
from holodeck_tui.core.values import Change
from holodeck_tui.deployers.aws.apprunner_api import Service
from holodeck_tui.deployers.aws.apprunner_scaling import Scaling, limits, wanted
from holodeck_tui.deployers.aws.apprunner_template import SECRETS_REVISION, Desired, flat

_LIMITS = ("auto_scaling_min", "auto_scaling_max", "concurrency")


def differences(service: Service, desired: Desired, scaling: Scaling) -> list[Change]:
    """Property by property, in the order of their names; nothing secret in them."""
    live = flat(service.raw)
    new = flat(desired.request(""))
    found = scaling.describe(service.scaling_arn) if service.scaling_arn else None
    live |= dict(zip(_LIMITS, limits(found) if found else (None, None, None), strict=True))
    new |= dict(zip(_LIMITS, wanted(desired.block), strict=True))
    return [
        Change(path, _shown(path, live.get(path)), _shown(path, new.get(path)))
        for path in sorted({*live, *new})
        if live.get(path) != new.get(path) and path != f"environment.{SECRETS_REVISION}"
    ] + _rotated(live, new)


def _rotated(live: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    path = f"environment.{SECRETS_REVISION}"
    before, after = live.get(path), new.get(path)
    return [Change("secrets", before and MASK, after and MASK)] if before != after else []


def _shown(path: str, value: Any) -> Any:
    """A live value nobody declared may be a secret that somebody wrote there by hand."""
    kind, _, name = path.partition(".")
    if value is None or kind not in {"environment", "secrets"}:
        return value
    if kind == "secrets" or looks_secret(name) or looks_like_token(str(value)):
        return MASK
    return value
