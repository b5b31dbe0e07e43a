"""What we write new is in holodeck-ai 0.7.1's form: it refuses the whole file for another spelling.

Only a value that it has no word for stays as given (``semver``, ``timestamp``, ``docker``, half a vCPU).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from holodeck_tui.config.keys import Keys


def as_holodeck(keys: Keys, value: Any) -> Any:
    """``value`` at ``keys`` of agent.yaml in the spelling that 0.7.1 loads, where there is one."""
    if isinstance(value, Mapping):
        return {name: as_holodeck((*keys, str(name)), item) for name, item in value.items()}
    spell = _SPELLINGS.get(".".join(keys))
    return value if spell is None else spell(value)


def _word(words: Mapping[str, str]) -> Callable[[Any], Any]:
    return lambda value: words.get(value, value) if isinstance(value, str) else value


def _whole_vcpus(value: Any) -> Any:
    from holodeck_tui.models.aws import aws_vcpus

    return _number(aws_vcpus(value), value)


def _vcpus(value: Any) -> Any:
    from holodeck_tui.models.sizes import vcpus

    return _number(vcpus(value), value)


def _number(number: Decimal | None, value: Any) -> Any:
    if number is None:
        return value
    return int(number) if number == int(number) else float(number)


def _megabytes(value: Any) -> Any:
    from holodeck_tui.models.sizes import megabytes

    amount = megabytes(value)
    return value if amount is None else amount


def _whole_memory(value: Any) -> Any:
    from holodeck_tui.models.sizes import as_binary, mebibytes

    amount = mebibytes(value)
    return value if amount is None or amount != int(amount) else as_binary(amount)


_SPELLINGS: dict[str, Callable[[Any], Any]] = {
    "deployment.runtime": _word({"auto": "container"}),
    "deployment.registry.tag_strategy": _word({"git-sha": "git_sha", "git-tag": "git_tag"}),
    "deployment.target.aws.cpu": _whole_vcpus,
    "deployment.target.aws.memory": _megabytes,
    "deployment.target.gcp.cpu": _vcpus,
    "deployment.target.gcp.memory": _whole_memory,
    "deployment.target.azure.cpu": _vcpus,
}
