"""The tags that everything of ours carries, and back: whose a resource is, told by its tags alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.base import ServiceSpec

MANAGED = "managed-by"
OURS = "holodeck"
AGENT = "holodeck-agent"
ENVIRONMENT = "holodeck-environment"
CONTENT = "holodeck-content-hash"
VERSION = "holodeck-version"
REVISION = "holodeck-revision"

# "Tag naming limits and requirements": letters, digits, spaces and these, at most 256. "=" escapes here.
_OTHER = re.compile(r"[^A-Za-z0-9 _.:/+@-]")
_ESCAPED = re.compile(r"=([0-9A-F]{2})")
_LONGEST = 256


def tags_of(spec: ServiceSpec) -> dict[str, str]:
    """What the service carries."""
    facts = {
        **identity(spec.agent, spec.environment),
        CONTENT: spec.tags.get("content-hash", ""),
        VERSION: spec.tags.get("version", ""),
    }
    return {name: encode(value) for name, value in facts.items() if value}


def identity(agent: str, environment: str | None) -> dict[str, str]:
    """What never changes: whose it is. Values as they are, not encoded; feed them to :func:`encode`."""
    facts = {MANAGED: OURS, AGENT: agent}
    if environment:
        facts[ENVIRONMENT] = environment
    return facts


def identity_tags(agent: str, environment: str | None) -> dict[str, str]:
    """:func:`identity` as AWS accepts it."""
    return {name: encode(value) for name, value in identity(agent, environment).items()}


def is_ours(tags: Mapping[str, str]) -> bool:
    """Whether we made what carries ``tags``."""
    return tags.get(MANAGED) == OURS


def belongs(tags: Mapping[str, str], agent: str, environment: str | None) -> bool:
    """Whether it is of this agent and environment."""
    wanted = encode(environment) if environment else None
    return is_ours(tags) and tags.get(AGENT) == encode(agent) and tags.get(ENVIRONMENT) == wanted


def reference(tags: Mapping[str, str], arn: str, name: str, region: str) -> ServiceRef:
    """The deployment that carries ``tags``."""
    environment = tags.get(ENVIRONMENT)
    return ServiceRef(
        provider="aws",
        service_id=arn,
        name=name,
        scope=f"aws:{region}",
        agent=decode(tags.get(AGENT, name)),
        environment=decode(environment) if environment else None,
    )


def as_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """``[{"Key": …, "Value": …}]``; ECS writes ``key`` and ``value`` small."""
    return [{key: name, value: text} for name, text in tags.items()]


def from_list(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Back from either form of :func:`as_list`."""
    return {tag.get("Key", tag.get("key", "")): tag.get("Value", tag.get("value", "")) for tag in tags}


def encode(text: str) -> str:
    """``text`` in the characters that a tag's value may hold: others as ``=XX`` of their UTF-8 bytes.

    As many whole characters as there is room for.
    """
    encoded = ""
    for character in text:
        longer = encoded + _OTHER.sub(_escape, character)
        if len(longer) > _LONGEST:
            break
        encoded = longer
    return encoded


def _escape(match: re.Match[str]) -> str:
    return "".join(f"={byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def decode(text: str) -> str:
    """Back from :func:`encode`."""
    data = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return data.encode("latin-1", "replace").decode("utf-8", "replace")
