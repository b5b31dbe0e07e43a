"""Which variables the container needs, known before anything is built."""

from __future__ import annotations

from holodeck_tui.bundle.bundle import Bundle, Variable, VariableSource

__all__ = ["Variable", "VariableSource", "missing_variables"]


def missing_variables(bundle: Bundle) -> tuple[Variable, ...]:
    """Those of ``bundle.needs`` that have no value anywhere, required ones first."""
    missing = (need for need in bundle.needs if need.source == "missing")
    return tuple(sorted(missing, key=lambda need: (not need.required, need.name)))
