"""What ``doctor`` says about one thing, and how a target adds checks of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context

Verdict = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Check:
    """One look at one thing. ``remedy`` is empty where there is nothing to do."""

    name: str
    status: Verdict
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        """``{name, status, detail, remedy}``."""
        return {"name": self.name, "status": self.status, "detail": self.detail, "remedy": self.remedy}


@runtime_checkable
class Examinable(Protocol):
    """A target that can be looked at before anything is deployed to it."""

    def examine(self, settings: Settings | None, scope: str | None, ctx: Context) -> list[Check]:
        """Credentials, permissions, quotas … of ``scope`` (None: the configured one). Changes nothing."""
