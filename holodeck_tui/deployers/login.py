"""Who is logged in to a cloud, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NAMES = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}


@dataclass(frozen=True)
class Login:
    """A login to ``provider``. ``skip``: nobody asked whether it holds; ``none``: there is none."""

    provider: str
    status: Literal["ok", "fail", "skip", "none"]
    detail: str
    remedy: str = ""

    @property
    def name(self) -> str:
        """As a finding is called."""
        return NAMES[self.provider]
