"""``deployments.json`` as holodeck-ai 0.7.1 reads and writes it; unknown keys would make it refuse.

Its models are holodeck.models.deployment_state.DeploymentRecord and DeploymentState.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holodeck_tui.core.values import rfc3339
from holodeck_tui.state.jsonfile import Damaged
from holodeck_tui.state.values import DeployedRecord

NAME = "deployments.json"
VERSION = "1.0"
PROVIDERS = frozenset({"aws", "gcp", "azure"})
_REQUIRED = ("provider", "service_id", "service_name", "status", "image_uri", "config_hash")
_KNOWN = frozenset({*_REQUIRED, "url", "created_at", "updated_at"})


def entry(record: DeployedRecord) -> dict[str, Any]:
    """One record in its form."""
    return {
        "provider": record.ref.provider,
        "service_id": record.ref.service_id,
        "service_name": record.ref.name,
        "url": record.url,
        "status": record.state,
        "created_at": rfc3339(record.created_at),
        "updated_at": rfc3339(record.updated_at),
        "image_uri": "" if record.image is None else record.image.uri,
        "config_hash": record.config_hash,
    }


def is_readable(value: object) -> bool:
    """Whether 0.7.1 would take this record."""
    return (
        isinstance(value, Mapping)
        and all(isinstance(value.get(name), str) for name in _REQUIRED)
        and value["provider"] in PROVIDERS
        and set(value) <= _KNOWN
        and all(
            isinstance(value.get(name), (str, type(None))) for name in ("url", "created_at", "updated_at")
        )
    )


def parse(data: Mapping[str, Any] | None) -> dict[str, Any]:
    """The records by agent name. Raises :class:`Damaged` unless 0.7.1 would read the file."""
    if data is None:
        return {}
    deployments = data.get("deployments", {})
    if set(data) - {"version", "deployments"} or not isinstance(data.get("version", VERSION), str):
        raise Damaged("it has keys that HoloDeck does not know")
    if not isinstance(deployments, dict):
        raise Damaged("its deployments are no mapping")
    if not all(is_readable(value) for value in deployments.values()):
        raise Damaged("it has records that HoloDeck would refuse")
    return dict(deployments)


def salvage(data: Mapping[str, Any] | None) -> dict[str, Any]:
    """The records of a damaged file that are whole."""
    deployments = (data or {}).get("deployments")
    if not isinstance(deployments, dict):
        return {}
    return {name: value for name, value in deployments.items() if is_readable(value)}


def document(deployments: Mapping[str, Any], version: str = VERSION) -> dict[str, Any]:
    """The whole file."""
    return {"version": version, "deployments": dict(deployments)}
