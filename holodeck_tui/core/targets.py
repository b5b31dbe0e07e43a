"""The names of all targets: ours, and those that installed third parties bring."""

from __future__ import annotations

from holodeck_tui.core.values import PROVIDERS

GROUP = "holodeck_tui.deployers"
"""The entry-point group in which a distribution names a deployer by its target."""


def known_targets() -> tuple[str, ...]:
    """Every target of this installation, ours first. Reads the installed distributions' metadata."""
    from importlib.metadata import entry_points

    return tuple(dict.fromkeys((*PROVIDERS, *sorted(point.name for point in entry_points(group=GROUP)))))


def is_target(name: str) -> bool:
    """Whether ``name`` is a target; only a name that is not ours costs a look at the distributions."""
    return name in PROVIDERS or name in known_targets()
