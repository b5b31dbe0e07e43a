"""Names and tags that Azure accepts: one app per agent and environment, stable and free of collisions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

# learn.microsoft.com, Container Apps: 2 to 32 of a-z, 0-9 and -, a letter first, no "--", no - at the end.
_LONGEST = 32
_PLAIN = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
# How a name that had to be changed ends; an agent's own name may not look like one.
_HASHED = re.compile(r"-[0-9a-f]{8}$")
_PREFIX = "env-"

MANAGED_BY = ("managed-by", "holodeck")
AGENT, ENVIRONMENT = "holodeck-agent", "holodeck-environment"
CONTENT_HASH, VERSION = "holodeck-content-hash", "holodeck-version"
REGISTRY_SECRET = "registry-password"  # noqa: S105 - the name of a secret
_LONGEST_TAG = 256


def app_name(agent: str, environment: str | None) -> str:
    """The app's name: the agent's own where that is legal, else what is legal of it and a hash.

    With an environment there is always a hash: ``a-b`` in ``c`` and ``a`` in ``b-c`` stay two apps.
    """
    if (
        environment is None
        and _PLAIN.fullmatch(agent)
        and 2 <= len(agent) <= _LONGEST
        and not _HASHED.search(agent)
    ):
        return agent
    words = [agent] if environment is None else [agent, environment]
    plain = "-".join(filter(None, (re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in words)))
    if not plain[:1].isalpha():
        plain = f"agent-{plain}".rstrip("-")
    return f"{plain[: _LONGEST - 9].rstrip('-')}-{_hash(agent, environment)}"


def secret_name(variable: str) -> str:
    """The app secret that holds the value of an environment variable.

    Secrets have a-z, 0-9 and - only. All of ours begin with ``env-``: others are left alone.
    """
    plain = variable.lower().replace("_", "-")
    if variable == variable.upper() and re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", plain):
        return f"{_PREFIX}{plain}"
    return f"{_PREFIX}{re.sub(r'-+', '-', plain).strip('-')}-{_hash(variable, None)}"


def is_own_secret(name: str) -> bool:
    """Whether a secret of an app was made by us."""
    return name.startswith(_PREFIX) or name == REGISTRY_SECRET


def revision_number(app: str, revision: str) -> int | None:
    """3 for ``app--r3``; None for a revision that somebody else named."""
    match = re.fullmatch(re.escape(app) + r"--r([1-9]\d*)", revision)
    return int(match[1]) if match else None


def next_suffix(app: str, revisions: Iterable[str]) -> str:
    """The suffix of the next revision: Azure refuses one that was used before."""
    numbers = (revision_number(app, name) or 0 for name in revisions)
    return f"r{max(numbers, default=0) + 1}"


def full_revision(app: str, name: str) -> str:
    """``app--r3`` for ``r3`` and for itself."""
    return name if name.startswith(f"{app}--") else f"{app}--{name}"


def tags_of(facts: Mapping[str, str]) -> dict[str, str]:
    """The facts of a service as Azure tags."""
    names = {
        "agent": AGENT,
        "environment": ENVIRONMENT,
        "content-hash": CONTENT_HASH,
        "version": VERSION,
    }
    return {names.get(name, name): value[:_LONGEST_TAG] for name, value in facts.items()}


def is_ours(tags: Mapping[str, str] | None) -> bool:
    """Whether we made what carries these tags."""
    name, value = MANAGED_BY
    return (tags or {}).get(name) == value


def resource_group_of(resource_id: str) -> str:
    """The resource group in an ARM id; empty where there is none."""
    match = re.search(r"/resourceGroups/([^/]+)", resource_id, re.IGNORECASE)
    return match[1] if match else ""


def location(text: str) -> str:
    """``East US`` as ``eastus``."""
    return text.replace(" ", "").lower()


def _hash(agent: str, environment: str | None) -> str:
    return hashlib.sha256(f"{agent}\0{environment or ''}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
