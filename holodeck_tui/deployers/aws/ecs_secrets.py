"""Where the secrets of an Express service stand: beside those of an App Runner service of the same name."""

from __future__ import annotations

from holodeck_tui.deployers.aws import names
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.secrets import SecretStore


def open_store(aws: Aws, service: str, agent: str, environment: str | None) -> SecretStore:
    """``holodeck/ecs/<service>/…``: who moves here from App Runner destroys the one without the other."""
    return SecretStore(aws, _owner(service), agent, environment)


def is_kept(reference: str, service: str) -> bool:
    """Whether a secret's ARN names one of :func:`open_store`'s."""
    return f":secret:{names.secret_prefix(_owner(service))}" in reference


def _owner(service: str) -> str:
    # Names of services begin with "holodeck-", so that none is called "ecs".
    return f"ecs/{service}"
