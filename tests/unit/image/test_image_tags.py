"""Tags by every strategy, on real repositories."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.bundle.bundle import Bundle, BundleFile, content_hash
from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.git import public_url, read_git
from holodeck_tui.image.tags import check_tag, make_tag

pytestmark = pytest.mark.unit


def noon() -> datetime:
    return datetime(2026, 11, 23, 14, 20, 36, tzinfo=timezone(timedelta(hours=1)))


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def bundled(settings: Settings, *names: str) -> Bundle:
    files = [BundleFile.of(n, (settings.agent_dir / n).read_bytes()) for n in ("agent.yaml", *names)]
    return Bundle(tuple(files), content_hash(files))


def tag_of(settings: Settings, bundle: Bundle, tag: str | None = None) -> str:
    return make_tag(settings, bundle, clock=noon, environ=os.environ, tag=tag)


@pytest.fixture
def repository(tmp_path: Path, settings_of: Callable[..., Settings]) -> Callable[..., Settings]:
    """Settings of an agent two folders down in a repository with one commit."""
    folder = tmp_path / "repo" / "agents" / "one"
    folder.mkdir(parents=True)

    def make(registry: str = "") -> Settings:
        settings = settings_of(registry=registry, folder=folder)
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "first")
        return settings

    return make


@pytest.mark.parametrize("strategy", ["", "tag_strategy: git_sha", "tag_strategy: git-sha"])
def test_a_clean_commit_is_named_by_seven_characters(
    repository: Callable[..., Settings], strategy: str
) -> None:
    settings = repository(strategy)
    assert tag_of(settings, bundled(settings)) == git(settings.agent_dir, "rev-parse", "HEAD")[:7]


def test_outside_git_the_content_names_the_image(settings_of: Callable[..., Settings]) -> None:
    settings = settings_of(registry="")
    bundle = bundled(settings)
    assert tag_of(settings, bundle) == bundle.content_hash[:12]


def test_without_a_commit_yet_the_content_names_the_image(settings_of: Callable[..., Settings]) -> None:
    settings = settings_of(registry="")
    git(settings.agent_dir, "init", "-q")
    assert re.fullmatch("[0-9a-f]{12}", tag_of(settings, bundled(settings)))


def test_what_is_not_committed_shows_in_the_tag(repository: Callable[..., Settings]) -> None:
    settings = repository()
    sha = git(settings.agent_dir, "rev-parse", "HEAD")[:7]
    agent = settings.agent_path
    agent.write_text(agent.read_text() + "# changed\n")
    bundle = bundled(settings)
    assert tag_of(settings, bundle) == f"{sha}-{bundle.content_hash[:8]}"


def test_what_does_not_ship_makes_nothing_dirty(repository: Callable[..., Settings]) -> None:
    settings = repository()
    (settings.agent_dir / "notes.txt").write_text("mine")
    (settings.agent_dir.parent / "other.txt").write_text("another agent's")
    (settings.agent_dir / ".holodeck").mkdir()
    (settings.agent_dir / ".holodeck" / "deployments.json").write_text("{}")
    assert "-" not in tag_of(settings, bundled(settings))


def test_the_state_a_deploy_writes_makes_nothing_dirty_even_when_committed(
    repository: Callable[..., Settings],
) -> None:
    settings = repository()
    state = settings.agent_dir / ".holodeck" / "deployments.json"
    state.parent.mkdir()
    state.write_text("{}")
    git(settings.agent_dir, "add", "-f", ".")
    git(settings.agent_dir, "commit", "-q", "-m", "state")
    state.write_text('{"changed": true}')
    assert "-" not in tag_of(settings, bundled(settings))


def test_a_file_that_ships_and_that_git_ignores_makes_it_dirty(repository: Callable[..., Settings]) -> None:
    settings = repository()
    (settings.agent_dir / ".gitignore").write_text("data/\n")
    (settings.agent_dir / "data").mkdir()
    (settings.agent_dir / "data" / "a.txt").write_text("1")
    git(settings.agent_dir, "add", ".gitignore")
    git(settings.agent_dir, "commit", "-q", "-m", "ignore")
    bundle = bundled(settings, "data/a.txt")
    assert tag_of(settings, bundle).endswith(f"-{bundle.content_hash[:8]}")


def test_a_hook_that_points_git_elsewhere_is_not_followed(
    repository: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = repository()
    git(tmp_path, "init", "-q", "other")
    environ = {**os.environ, "GIT_DIR": str(tmp_path / "other" / ".git")}
    found = read_git(settings.agent_dir, {"agent.yaml"}, environ)
    assert found is not None
    assert found.sha == git(settings.agent_dir, "rev-parse", "HEAD")


def test_git_tag(repository: Callable[..., Settings]) -> None:
    settings = repository("tag_strategy: git_tag")
    folder = settings.agent_dir
    git(folder, "tag", "release/1.0+x")
    assert tag_of(settings, bundled(settings)) == "release-1.0-x"
    git(folder, "commit", "-q", "--allow-empty", "-m", "later")
    sha = git(folder, "rev-parse", "HEAD")[:7]
    assert tag_of(settings, bundled(settings)) == f"release-1.0-x-1-g{sha}"


@pytest.mark.parametrize("strategy", ["git_tag", "git-tag", "semver"])
def test_no_git_tag_is_an_error_with_the_command_that_makes_one(
    repository: Callable[..., Settings], strategy: str
) -> None:
    settings = repository(f"tag_strategy: {strategy}")
    with pytest.raises(DeploymentError) as caught:
        tag_of(settings, bundled(settings))
    assert caught.value.code == "tag-invalid"
    assert "git tag v0.1.0" in caught.value.remedy


def test_semver(repository: Callable[..., Settings]) -> None:
    settings = repository("tag_strategy: semver")
    folder = settings.agent_dir
    for name in ("v1.9.0", "v1.10.0-rc.1", "v1.10.0", "nightly", "v2"):
        git(folder, "tag", name)
    assert tag_of(settings, bundled(settings)) == "1.10.0"
    git(folder, "commit", "-q", "--allow-empty", "-m", "later")
    git(folder, "tag", "latest-try")
    sha = git(folder, "rev-parse", "HEAD")[:7]
    assert tag_of(settings, bundled(settings)) == f"1.10.1-dev.1.g{sha}"
    settings.agent_path.write_text(settings.agent_path.read_text() + "# dirty\n")
    bundle = bundled(settings)
    assert tag_of(settings, bundle) == f"1.10.1-dev.1.g{sha}.h{bundle.content_hash[:8]}"


@pytest.mark.parametrize(
    ("registry", "tag"),
    [
        ("tag_strategy: timestamp", "20261123-132036"),
        ("tag_strategy: latest", "latest"),
        ("tag_strategy: custom, custom_tag: v7_beta", "v7_beta"),
    ],
)
def test_strategies_that_need_no_git(settings_of: Callable[..., Settings], registry: str, tag: str) -> None:
    settings = settings_of(registry=registry)
    assert tag_of(settings, bundled(settings)) == tag


def test_a_tag_of_the_command_line_goes_before_any_strategy(settings_of: Callable[..., Settings]) -> None:
    settings = settings_of(registry="tag_strategy: semver")
    assert tag_of(settings, bundled(settings), tag="pr-12") == "pr-12"
    with pytest.raises(DeploymentError) as caught:
        tag_of(settings, bundled(settings), tag="a b\x1b[31m")
    assert caught.value.code == "tag-invalid"
    assert "\x1b" not in str(caught.value)


@given(st.text(max_size=140))
def test_only_what_a_registry_takes_is_a_tag(text: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", text, re.ASCII):
        assert check_tag(text, "x") == text
        return
    with pytest.raises(DeploymentError) as caught:
        check_tag(text, "x")
    assert caught.value.code == "tag-invalid"


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://user:s3cret@github.com/org/repo.git", "https://github.com/org/repo.git"),
        ("https://ghp_token@github.com/org/repo", "https://github.com/org/repo"),
        ("https://github.com/org/repo?token=s3cret#x", "https://github.com/org/repo"),
        ("git@github.com:org/repo.git", "ssh://github.com/org/repo.git"),
        ("ssh://git@host:22/org/repo", "ssh://host:22/org/repo"),
        ("/home/me/private/repo", "repo"),
        ("file:///home/me/repo", "repo"),
        (r"C:\Users\me\repo", "repo"),
    ],
)
def test_a_remote_is_told_without_its_credentials(url: str, public: str) -> None:
    assert public_url(url) == public
