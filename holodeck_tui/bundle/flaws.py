"""All that keeps files from shipping, told at once."""

from __future__ import annotations

import json

from holodeck_tui.bundle.paths import NotShippable
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.remedy import pasteable

_WORDS = {
    "file-missing": ("do not exist", "Create the files, or correct the paths."),
    "file-outside": (
        "lie outside of the agent's folder",
        "Move the files below the folder of agent.yaml and write their paths relative to it.",
    ),
    "file-unreadable": ("cannot be read", "Replace them by files that you may read."),
    "file-secret": ("look like credentials", ""),
    "file-ignored": ("are left out by .dockerignore", "Take them back in .dockerignore with a line !PATH."),
    "file-name": ("have names that cannot ship", "Rename the files."),
    "file-changed": ("changed while they were read", "Run the same command again once nothing changes them."),
}
# Enough to act on; a folder of ten thousand keys is one mistake.
_MOST = 100


class Flaws:
    """Collects what is wrong by code; :meth:`raise_all` ends the run if there is anything."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, str]] = {}
        self._reasons: list[str] = []

    def add(self, where: str, path: str, why: NotShippable) -> None:
        """Note that ``path``, named at ``where`` ("agent.yaml:12  tools[0].file"), cannot ship."""
        hint = f" ({why.hint})" if why.hint else ""
        line = sanitize(f"{where}: {path}: {why.reason}{hint}")
        self._found.setdefault(why.code, {}).setdefault(line, path)
        self._reasons.append(sanitize(why.reason))

    def raise_all(self) -> None:
        """Raise one DeploymentError for everything; its code is that of the first kind in our order."""
        kinds = [code for code in _WORDS if code in self._found]
        if not kinds:
            return
        lines = [line for code in kinds for line in self._found[code]]
        details = lines[:_MOST]
        if len(lines) > _MOST:
            details.append(f"… and {len(lines) - _MOST} more")
        counts = [f"{len(self._found[code])} {_WORDS[code][0]}" for code in kinds]
        remedies = [self._remedy(code) for code in kinds]
        what = "One file that ships is" if len(lines) == 1 else f"{len(lines)} files that ship are"
        raise DeploymentError(
            kinds[0],
            f"{what} not in order.",
            reason=", ".join(counts) if len(lines) > 1 else self._reasons[0],
            # What can be pasted stands last.
            remedy=" ".join(sorted(remedies, key=lambda one: bool(pasteable(one)))),
            details=details,
        )

    def _remedy(self, code: str) -> str:
        if code != "file-secret":
            return _WORDS[code][1]
        paths = list(self._found[code].values())
        named = json.dumps([sanitize(path) for path in paths[:10]], ensure_ascii=False)
        return (
            "Leave them out in .dockerignore, or, if they are no secrets, write in deploy.yaml: "
            f"allow_files: {named}"
        )
