"""What the Azure CLI left in its files: who is logged in, and the subscriptions. Reads no secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Profile:
    """``subscriptions`` are ids, the one to take first; empty where nobody is logged in. ``names`` by id."""

    user: str = ""
    subscriptions: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def subscription(self) -> str:
        """The one that is taken."""
        return next(iter(self.subscriptions), "")

    @property
    def name(self) -> str:
        """What that one is called; empty where nobody knows."""
        return self.names.get(self.subscription, "")


def read_profile(environ: Mapping[str, str]) -> Profile:
    """``AZURE_SUBSCRIPTION_ID``, then the CLI's default, then its others."""
    home = environ.get("AZURE_CONFIG_DIR") or str(Path(environ.get("HOME") or Path.home()) / ".azure")
    try:
        # The CLI writes a byte order mark.
        known = json.loads((Path(home) / "azureProfile.json").read_text(encoding="utf-8-sig"))
        found = [one for one in known["subscriptions"] if isinstance(one, dict) and one.get("id")]
    except (OSError, ValueError, KeyError, TypeError):
        found = []
    found.sort(key=lambda one: not one.get("isDefault"))
    named = environ.get("AZURE_SUBSCRIPTION_ID", "")
    ids = tuple(dict.fromkeys(filter(None, (named, *(str(one["id"]) for one in found)))))
    taken = next((one for one in found if str(one["id"]) == next(iter(ids))), {})
    user = taken.get("user")
    who = str(user.get("name") or "") if isinstance(user, dict) else ""
    return Profile(who, ids, {str(one["id"]): str(one.get("name") or "") for one in found})
