"""The tag an image gets. A tag is for people; what is deployed is always the digest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from holodeck_tui.bundle.bundle import Bundle
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.image.git import Git, read_git, run_git

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

# github.com/distribution/reference, regexp.go
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
# semver.org, without build metadata: a tag may not hold a plus sign.
_SEMVER = re.compile(
    r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?", re.ASCII
)
_SHORT_HASH, _LONG_HASH = 8, 12
# Tags that are no versions before the search for one ends.
_MOST_TAGS = 100


def make_tag(
    settings: Settings,
    bundle: Bundle,
    *,
    clock: Callable[[], datetime],
    environ: Mapping[str, str],
    tag: str | None = None,
) -> str:
    """The tag by the strategy of ``settings``, or ``tag`` itself when the user gave one.

    - git-sha: 7 characters of the commit, ``-`` and 8 of the content hash when dirty; outside git 12
      characters of the content hash.
    - git-tag: the nearest git tag; after later commits ``-<n>-g<commit>``, when dirty the content hash.
    - semver: the nearest git tag that is a version, without ``v``; after it, or dirty, the next patch
      release as ``-dev.<n>.g<commit>`` (and the content hash), which sorts between the two.
    - timestamp: UTC, ``20261123-132036``. latest. custom: ``custom_tag``.

    Raises ``tag-invalid`` where no valid tag comes of it.
    """
    if tag is not None:
        return check_tag(tag, "--tag")
    registry = settings.registry
    strategy = registry.strategy if registry is not None else "git_sha"
    if strategy == "latest":
        return "latest"
    if strategy == "timestamp":
        return clock().astimezone(timezone.utc).strftime("%Y%m%d-%H%M%S")
    if strategy == "custom":
        return check_tag((registry.custom_tag if registry else None) or "", "deployment.registry.custom_tag")
    git = read_git(settings.agent_dir, {file.path for file in bundle.files}, environ)
    if strategy == "git_tag":
        return _git_tag(settings.agent_dir, git, bundle, environ)
    if strategy == "semver":
        return _semver(settings.agent_dir, git, bundle, environ)
    if git is None:
        return bundle.content_hash[:_LONG_HASH]
    return f"{git.short}-{bundle.content_hash[:_SHORT_HASH]}" if git.dirty else git.short


def check_tag(text: str, where: str) -> str:
    """``text`` if it is a valid tag. Raises ``tag-invalid``."""
    if _TAG.fullmatch(text):
        return text
    raise DeploymentError(
        "tag-invalid",
        f"{sanitize(text)[:140]!r} is no image tag.",
        reason=f"{where} may have up to 128 letters, digits, _ . and -, and starts with none of the last two",
        remedy="Choose another, for example: --tag v1.0.0",
    )


def _git_tag(folder: Path, git: Git | None, bundle: Bundle, environ: Mapping[str, str]) -> str:
    found = _nearest(folder, environ) if git else None
    if git is None or found is None:
        raise _no_git_tag(git, "git-tag")
    name, since = found
    # A git tag may hold what an image tag may not, as in release/1.0 or 1.0+build.
    text = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).lstrip(".-")
    text += f"-{since}-g{git.short}" if since else ""
    text += f"-{bundle.content_hash[:_SHORT_HASH]}" if git.dirty else ""
    return check_tag(text, f"the git tag {name}")


def _semver(folder: Path, git: Git | None, bundle: Bundle, environ: Mapping[str, str]) -> str:
    found = _nearest(folder, environ, _SEMVER) if git else None
    if git is None or found is None:
        raise _no_git_tag(git, "semver")
    nearest, since = found
    listed = run_git(folder, ["tag", "--points-at", f"refs/tags/{nearest}^{{commit}}"], environ) or nearest
    name = max(filter(_SEMVER.fullmatch, listed.splitlines()), key=_precedence, default=nearest)
    if not since and not git.dirty:
        return check_tag(name.removeprefix("v"), f"the git tag {name}")
    match = _SEMVER.fullmatch(name)
    assert match is not None
    major, minor, patch = (int(part) for part in match.groups()[:3])
    # After 1.2.3 comes 1.2.4; after 1.2.3-rc.1 still 1.2.3, and rc.1.dev sorts behind rc.1.
    version = f"{major}.{minor}.{patch}{match[4]}.dev" if match[4] else f"{major}.{minor}.{patch + 1}-dev"
    version += f".{since}.g{git.short}" + (f".h{bundle.content_hash[:_SHORT_HASH]}" if git.dirty else "")
    return check_tag(version, f"the version after {name}")


def _precedence(name: str) -> tuple[object, ...]:
    # semver.org, item 11: numbers below words, a release above its pre-releases.
    match = _SEMVER.fullmatch(name)
    assert match is not None
    parts = (match[4] or "")[1:].split(".") if match[4] else []
    ranks = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
    return (*(int(part) for part in match.groups()[:3]), not parts, ranks)


def _nearest(
    folder: Path, environ: Mapping[str, str], wanted: re.Pattern[str] | None = None
) -> tuple[str, int] | None:
    """The nearest tag on the way back (of those that are ``wanted``) and the commits since it."""
    excluded: list[str] = []
    while len(excluded) <= _MOST_TAGS:
        described = run_git(folder, ["describe", "--tags", "--long", "--abbrev=7", *excluded], environ)
        if described is None:
            return None
        name, since, _ = described.rsplit("-", 2)
        if wanted is None or wanted.fullmatch(name):
            return name, int(since)
        # The option takes a pattern: what would be special in it stands for any one character.
        excluded.append("--exclude=" + re.sub(r"[*?\[\]\\]", "?", name))
    return None


def _no_git_tag(git: Git | None, strategy: str) -> DeploymentError:
    commit = "git tag v0.1.0"
    return DeploymentError(
        "tag-invalid",
        f"The tag strategy {strategy} finds no tag.",
        reason="git has no such tag here" if git else "the agent is in no git repository with a commit",
        remedy=commit if git else f"git init && git add . && git commit -m 'First' && {commit}",
    )
