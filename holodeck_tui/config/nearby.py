"""Where an agent is when there is none where it was looked for: often in a folder below."""

from __future__ import annotations

import contextlib
from pathlib import Path

# Folders below, and how many files and folders are looked at: a home folder shall not be searched.
_DEEP, _LOOKED_AT = 2, 1000


def agent_near(folder: Path) -> Path | None:
    """The path of the first agent.yaml below ``folder``, from there."""
    looked, level = 0, [folder]
    for _ in range(_DEEP):
        below: list[Path] = []
        for one in level:
            with contextlib.suppress(OSError):  # a folder that may not be read holds no agent of this user
                for entry in sorted(one.iterdir()):
                    looked += 1
                    if looked > _LOOKED_AT:
                        return None
                    if entry.name.startswith(".") or entry.is_symlink() or not entry.is_dir():
                        continue
                    if (entry / "agent.yaml").is_file():
                        return (entry / "agent.yaml").relative_to(folder)
                    below.append(entry)
        level = below
    return None
