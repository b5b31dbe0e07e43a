"""Names AWS accepts: one per agent and environment, stable, and different for different agents."""

from __future__ import annotations

import hashlib
import re

APP_RUNNER = 40
"""CreateService: 4 to 40 characters of ``[A-Za-z0-9-_]``."""

SCALING = 32
"""CreateAutoScalingConfiguration: 4 to 32 characters."""

PREFIX = "holodeck-"


def service_name(agent: str, environment: str | None, longest: int = APP_RUNNER) -> str:
    """``holodeck-<agent>`` or ``holodeck-<agent>--<environment>``, in at most ``longest`` characters.

    Where a name had to be changed to fit, a hash of the whole follows, so that ``My Agent``, ``my_agent``
    and ``my-agent`` stay three services. ``--`` never comes out of a name itself.
    """
    parts = [_slug(agent)]
    if environment:
        parts.append(_slug(environment))
    name = PREFIX + "--".join(parts)
    if len(name) > longest:
        name = f"{name[: longest - 9].rstrip('-')}-{_hash(name)}"
    return name


def scaling_name(service: str) -> str:
    """The autoscaling configuration of ``service``: one name, its revisions are AWS's."""
    if len(service) <= SCALING:
        return service
    return f"{service[: SCALING - 9].rstrip('-')}-{_hash(service)}"


def secret_name(service: str, variable: str) -> str:
    """``holodeck/<service>/<VARIABLE>`` in Secrets Manager."""
    return f"{secret_prefix(service)}{variable}"


def secret_prefix(service: str) -> str:
    """What the names of all secrets of ``service`` start with."""
    return f"holodeck/{service}/"


def _slug(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain if plain == text and plain else f"{plain}-{_hash(text)}".lstrip("-")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
