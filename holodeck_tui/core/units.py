"""Amounts as people read them."""

from __future__ import annotations


def size(count: float) -> str:
    """``412 B``, ``41 kB``, ``4.7 MB``: decimal, as registries count. ``count`` in bytes."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit != "MB" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
