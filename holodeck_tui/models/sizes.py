"""CPU and memory in every spelling people and vendors use, as plain numbers.

Each function returns None for what it does not understand; a bool is no number here.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_VCPU = re.compile(r"(\d+(?:\.\d+)?)\s*(?:vcpus?)?", re.IGNORECASE)
_MILLI = re.compile(r"(\d+)m")
_DECIMAL_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*(gb|mb)?", re.IGNORECASE)
_BINARY_MEMORY = re.compile(r"(\d+(?:\.\d+)?)(Mi|Gi)")


def vcpus(value: object) -> Decimal | None:
    """Number of vCPUs from ``1``, ``0.5``, ``"1"``, ``"1 vCPU"`` or ``"1000m"`` (thousandths)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _decimal(str(value))
    if not isinstance(value, str):
        return None
    text = value.strip()
    milli = _MILLI.fullmatch(text)
    if milli:
        return Decimal(milli[1]) / 1000
    plain = _VCPU.fullmatch(text)
    return _decimal(plain[1]) if plain else None


def megabytes(value: object) -> int | None:
    """Megabytes, 1024 to a GB, from ``2048``, ``"2048"``, ``"2048 MB"`` or ``"2 GB"`` (App Runner)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    match = _DECIMAL_MEMORY.fullmatch(str(value).strip())
    number = _decimal(match[1]) if match else None
    if match is None or number is None:
        return None
    amount = number * 1024 if (match[2] or "").lower() == "gb" else number
    return int(amount) if amount == int(amount) else None


def mebibytes(value: object) -> Decimal | None:
    """MiB from ``"512Mi"`` or ``"1.5Gi"`` (the words of Cloud Run, Container Apps and engines)."""
    match = _BINARY_MEMORY.fullmatch(value.strip()) if isinstance(value, str) else None
    number = _decimal(match[1]) if match else None
    if match is None or number is None:
        return None
    return number * 1024 if match[2] == "Gi" else number


def as_gibibytes(mib: Decimal) -> str:
    """``"1.5Gi"`` for 1536."""
    return f"{short(mib / 1024)}Gi"


def as_binary(mib: Decimal) -> str:
    """``"512Mi"`` or ``"2Gi"``, whichever is a whole number."""
    return as_gibibytes(mib) if mib and mib % 1024 == 0 else f"{short(mib)}Mi"


def short(number: Decimal) -> str:
    """A number without trailing zeros: ``0.25``, ``1``."""
    return format(number.normalize(), "f")


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
