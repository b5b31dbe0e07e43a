"""What ``doctor`` looks at on this machine: Python, holodeck-ai, git, disk, memory."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

from holodeck_tui.deployers.checks import Check

HOLODECK_VERSION = "0.7.1"
# A base image is 1.6 GB, and an engine needs it twice while it is unpacked.
_DISK_LOW, _DISK_ENOUGH = 2_000_000_000, 5_000_000_000
_INSTALL = "pip install 'holodeck-deploy-tui[local]'"


def check_python(version: tuple[int, int] = sys.version_info[:2]) -> Check:
    """The interpreter this command runs on."""
    shown = ".".join(map(str, version))
    if version > (3, 13):
        return Check("python", "warn", f"{shown} is newer than what is tested", "Use Python 3.10 to 3.13.")
    return Check("python", "ok", shown)


def check_holodeck(environ: Mapping[str, str], *, needed: bool, executable: Path | None = None) -> Check:
    """The ``holodeck`` command beside this interpreter or on the PATH; ``needed`` by the process runtime."""
    beside = Path(executable or sys.executable).parent
    found = shutil.which("holodeck", path=str(beside)) or shutil.which(
        "holodeck", path=environ.get("PATH", "")
    )
    if found is None:
        detail = "holodeck-ai is not installed; it runs an agent where there is no container engine"
        return Check("holodeck", "fail" if needed else "warn", detail, _INSTALL)
    installed = _installed_beside(Path(found))
    holodeck = installed.get("holodeck-ai")
    if holodeck is None:
        return Check("holodeck", "warn", f"{found} is of an unknown version", _INSTALL)
    if holodeck.version != HOLODECK_VERSION:
        detail = f"{holodeck.version} at {found}; this tool is made for {HOLODECK_VERSION}"
        return Check("holodeck", "warn", detail, f"pip install holodeck-ai=={HOLODECK_VERSION}")
    if "exceptiongroup" not in installed and _python_of(holodeck) < (3, 12):
        # holodeck-ai imports it there without declaring it: every command crashes.
        detail = f"{holodeck.version} at {found} lacks exceptiongroup and cannot start"
        return Check("holodeck", "fail" if needed else "warn", detail, "pip install exceptiongroup")
    return Check("holodeck", "ok", f"{holodeck.version} at {found}")


def _installed_beside(command: Path) -> dict[str, Distribution]:
    prefix = command.resolve().parent.parent
    folders = [*prefix.glob("lib/python3.*/site-packages"), prefix / "Lib" / "site-packages"]
    wanted = {"holodeck-ai", "exceptiongroup"}
    return {
        name: distribution
        for distribution in distributions(path=[str(folder) for folder in folders])
        if (name := (distribution.metadata["Name"] or "").lower().replace("_", "-")) in wanted
    }


def _python_of(distribution: Distribution) -> tuple[int, int]:
    folder = Path(str(distribution.locate_file(""))).resolve().parent.name
    major, _, minor = folder.removeprefix("python").partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else sys.version_info[:2]


def check_git(environ: Mapping[str, str], folder: Path | None) -> Check:
    """git, which names the tags of the default strategy."""
    if shutil.which("git", path=environ.get("PATH", "")) is None:
        return Check("git", "warn", "git is not installed; tags are made of the content hash", "Install git.")
    if folder is not None and not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return Check("git", "ok", "the agent is in no git repository; tags are made of the content hash")
    return Check("git", "ok", "installed")


def check_disk(folder: Path) -> Check:
    """Free space where the agent is; images usually go to the same disk."""
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free at {folder}"
    if free < _DISK_LOW:
        return Check("disk", "fail", f"{detail}; a base image alone is 1.6 GB", "docker image prune")
    if free < _DISK_ENOUGH:
        return Check("disk", "warn", f"{detail}; a few images will fill it", "docker image prune")
    return Check("disk", "ok", detail)
