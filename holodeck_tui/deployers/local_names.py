"""Names on this machine: one per agent and environment, legal for engines, folders and DNS."""

from __future__ import annotations

import hashlib
import re

# A revision's name is a DNS label (63 at most) in its network: room for the prefix and "-r12345".
_LONGEST = 46


def service_name(agent: str, environment: str | None) -> str:
    """``holodeck-<agent>`` or ``holodeck-<agent>--<environment>``.

    Where a name had to be changed to fit, a hash of it follows, so that ``My Agent``, ``my_agent``
    and ``my-agent`` stay three services. ``--`` never comes out of a name itself.
    """
    parts = [_slug(agent)]
    if environment:
        parts.append(_slug(environment))
    name = "--".join(parts)
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - 9].rstrip('-')}-{_hash(name)}"
    return f"holodeck-{name}"


def revision_name(service: str, number: int) -> str:
    """The name of a service's ``number``-th revision."""
    return f"{service}-r{number}"


def revision_number(service: str, name: str) -> int | None:
    """The number in a revision's name, or None when it is no revision of ``service``."""
    match = re.fullmatch(re.escape(service) + r"-r([1-9]\d*)", name)
    return int(match.group(1)) if match else None


def short(service: str, name: str) -> str:
    """What people call a revision: ``r3``."""
    number = revision_number(service, name)
    return name if number is None else f"r{number}"


def _slug(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    # "-r7" at the end would read as a revision of another agent's service.
    if plain == text and plain and not re.search(r"(?:^|-)r\d+$", plain):
        return plain
    return f"{plain}-{_hash(text)}".lstrip("-")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
