"""What is valid here and refused by holodeck-ai 0.7.1, which reads the same file.

Source of every rule: holodeck/models/deployment.py of holodeck-ai 0.7.1; a test runs its own models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from holodeck_tui.models import sizes
from holodeck_tui.models.aws import aws_vcpus
from holodeck_tui.models.base import is_reference

Path = tuple[str, ...]

_ROLE = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@-]+")
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_GCP_MEMORY = re.compile(r"\d+(Mi|Gi)")
_WHOLE = re.compile(r"[+-]?\d+(\.0+)?")
_MOST_AWS_INSTANCES = 25
_MOST_AZURE_CPU = 2


def refused(deployment: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """``(path, message)`` for each value of a ``deployment:`` section that 0.7.1 does not take."""
    if deployment.get("runtime") in ("docker", "auto"):
        yield ("runtime",), _told("it knows container alone")
    yield from _missing(deployment, (), ("registry", "target"))
    registry, target = _block(deployment, "registry"), _block(deployment, "target")
    if isinstance(deployment.get("registry"), Mapping):
        yield from _missing(registry, ("registry",), ("url", "repository"))
    strategy = registry.get("tag_strategy")
    if strategy in ("git-sha", "git-tag"):
        yield ("registry", "tag_strategy"), _told(f"write {str(strategy).replace('-', '_')}")
    elif strategy in ("semver", "timestamp"):
        yield ("registry", "tag_strategy"), _told("it knows git_sha, git_tag, latest and custom")
    if isinstance(deployment.get("target"), Mapping):
        yield from _missing(target, ("target",), ("provider",))
    provider = str(target.get("provider"))
    if provider in _BLOCKS and not isinstance(target.get(provider), Mapping):
        yield ("target", provider), _told(f"`{provider}` is required")
    for name, check in _BLOCKS.items():
        if isinstance(target.get(name), Mapping):
            yield from ((("target", name, key), _told(text)) for key, text in check(target[name]))


def _told(text: str) -> str:
    return f"holodeck-ai 0.7.1 refuses the file: {text}"


def _block(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    block = data.get(name)
    return block if isinstance(block, Mapping) else {}


def _missing(data: Mapping[str, Any], at: Path, names: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    yield from (((*at, name), _told(f"`{name}` is required")) for name in names if data.get(name) is None)


def _aws(block: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if block.get("region") is None:
        yield "region", "`region` is required"
    cpu, memory = block.get("cpu", 1), block.get("memory", 2048)
    if not _whole(cpu):
        number = aws_vcpus(cpu)
        whole = number is not None and number == int(number)
        yield "cpu", f"write {int(number)}" if whole and number else "it takes whole vCPUs"
    if not _whole(memory):
        amount = sizes.megabytes(memory)
        yield "memory", f"write {amount}" if amount else "it takes whole MB"
    role = block.get("ecr_role_arn")
    if isinstance(role, str) and not is_reference(role) and not _ROLE.fullmatch(role):
        yield "ecr_role_arn", "it takes no path and no partition but aws in an ARN"
    if _number(block.get("auto_scaling_max")) > _MOST_AWS_INSTANCES:
        yield "auto_scaling_max", f"it takes {_MOST_AWS_INSTANCES} at most"


def _gcp(block: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if block.get("project_id") is None:
        yield "project_id", "`project_id` is required"
    cpu, memory, project = block.get("cpu", 1), block.get("memory", "512Mi"), block.get("project_id")
    if not _whole(cpu):
        number = sizes.vcpus(cpu)
        whole = number is not None and number == int(number)
        yield "cpu", f"write {int(number)}" if whole and number else "it takes whole vCPUs"
    if isinstance(memory, str) and not is_reference(memory) and not _GCP_MEMORY.fullmatch(memory):
        yield "memory", "it takes whole Mi or Gi"
    if isinstance(project, str) and not is_reference(project) and not _PROJECT.fullmatch(project):
        yield "project_id", "it takes no domain in a project id"


def _azure(block: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("subscription_id", "resource_group"):
        if block.get(name) is None:
            yield name, f"`{name}` is required"
    cpu = block.get("cpu", 1.0)
    if is_reference(cpu):
        return
    number = sizes.vcpus(cpu)
    if isinstance(cpu, str) and number is not None and not re.fullmatch(r"[\d.]+", cpu.strip()):
        yield "cpu", f"write {sizes.short(number)}"
    elif number is not None and number > _MOST_AZURE_CPU:
        yield "cpu", f"it takes {_MOST_AZURE_CPU}.0 at most"


_BLOCKS = {"aws": _aws, "gcp": _gcp, "azure": _azure}


def _whole(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) or is_reference(value) or bool(_WHOLE.fullmatch(str(value).strip()))


def _number(value: object) -> int:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else 0
