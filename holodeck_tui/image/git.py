"""What git knows of the agent's folder; None where there is no git, no repository or no commit."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

# A hook or an outer tool may point these at another repository than the agent's.
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE")
_STATUS = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--ignored=matching", "--no-renames")
_SECONDS = 30
# What a deploy itself writes into the agent's folder.
_STATE = ".holodeck"


@dataclass(frozen=True)
class Git:
    """The repository that holds the agent. ``sha`` is the full commit; ``remote`` has no credentials.

    ``dirty``: what ships is not what the commit holds.
    """

    root: Path
    sha: str
    dirty: bool
    remote: str | None

    @property
    def short(self) -> str:
        """The first 7 characters of the commit."""
        return self.sha[:7]


def read_git(folder: Path, shipped: Collection[str], environ: Mapping[str, str]) -> Git | None:
    """What git says about ``folder``; ``shipped`` are the bundle's paths relative to it.

    Dirty is a tracked file in the folder that differs from the commit (what a deploy writes itself
    apart), or a file that ships and is not committed, ignored ones included.
    """
    sha = run_git(folder, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], environ)
    root = run_git(folder, ["rev-parse", "--show-toplevel"], environ)
    if not sha or not root:
        return None
    remote = run_git(folder, ["config", "--get", "remote.origin.url"], environ)
    return Git(Path(root), sha, _dirty(folder, shipped, environ), public_url(remote) if remote else None)


def run_git(folder: Path, arguments: list[str], environ: Mapping[str, str]) -> str | None:
    """The output of git in ``folder`` without the last line break; None when it fails or is not there."""
    env = {name: value for name, value in environ.items() if name not in _ELSEWHERE}
    # Never a question, never a lock for a mere look, never a program that the repository names.
    env.update(GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0", LC_ALL="C")
    try:
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", *arguments],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n") if done.returncode == 0 else None


def public_url(url: str) -> str:
    """``url`` of a remote without user, password, query and fragment; a local path gives its last part."""
    scheme = re.match(r"([a-z][a-z0-9+.-]*)://(?:[^/@]*@)?([^?#]*)", url, re.IGNORECASE)
    if scheme:
        return f"{scheme[1]}://{scheme[2]}" if scheme[1].lower() != "file" else Path(scheme[2]).name
    # scp-like: user@host:path. The user of such an address is no secret, but it is nobody's business.
    scp = re.fullmatch(r"(?:[^@/]+@)?([A-Za-z0-9.-]+):(?!\\)([^?#]+)", url)
    if scp and len(scp[1]) > 1:
        return f"ssh://{scp[1]}/{scp[2].lstrip('/')}"
    return re.split(r"[\\/]", url.rstrip("\\/"))[-1]


def _dirty(folder: Path, shipped: Collection[str], environ: Mapping[str, str]) -> bool:
    status = run_git(folder, [*_STATUS, "--", "."], environ)
    prefix = run_git(folder, ["rev-parse", "--show-prefix"], environ)
    if status is None or prefix is None:
        return True
    for entry in filter(None, status.split("\0")):
        code, path = entry[:2], entry[3:].removeprefix(prefix)
        if code not in {"??", "!!"}:
            if path.split("/")[0] != _STATE:
                return True
        # An ignored folder is told as one entry that ends in a slash.
        elif path in shipped or (path.endswith("/") and any(file.startswith(path) for file in shipped)):
            return True
    return False
