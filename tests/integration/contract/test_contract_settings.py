"""Where values come from, and which tag an image gets, told by the references that `build` prints."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.integration.contract.conftest import AGENT, SECTION, Project, Registries

pytestmark = [pytest.mark.integration, pytest.mark.docker]


def reference(project: Project, *words: str, **more) -> str:
    """What `build -q` prints; an OCI layout needs neither an engine nor a login."""
    ended = project.call("build", "--output-layout", "out", "-q", *words, **more)
    assert ended.code == 0, ended.err
    assert ended.err == ""
    return ended.out.strip()


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def here(project: Project, registries: Registries) -> Project:
    project.section("ghcr.io")
    project.write("deploy.yaml", json.dumps({"image": {"base": registries.base}}))
    project.write(".gitignore", "out\n")
    return project


def strategy(project: Project, text: str) -> None:
    agent = project.folder / "agent.yaml"
    agent.write_text(re.sub(r"(repository: [^,}]+)[^}]*}", rf"\1, {text}}}", agent.read_text(), count=1))


def test_every_tag_strategy(here: Project) -> None:
    image = f"ghcr.io/{here.repository}"
    content = here.call("bundle", "-q").out.strip()
    assert re.fullmatch("[0-9a-f]{64}", content)
    assert reference(here) == f"{image}:{content[:12]}", "outside git: 12 characters of the content hash"

    git(here.folder, "init", "-q")
    git(here.folder, "add", ".")
    git(here.folder, "commit", "-q", "-m", "one")
    short = git(here.folder, "rev-parse", "HEAD")[:7]
    assert reference(here) == f"{image}:{short}"
    prompt = here.write("instructions/prompt.md", "You help more.\n")
    content = here.call("bundle", "-q").out.strip()
    assert reference(here) == f"{image}:{short}-{content[:8]}", "dirty"
    prompt.write_text("You help.\n")
    assert reference(here, "--tag", "given") == f"{image}:given"

    for written, expected in (
        ("tag_strategy: custom, custom_tag: mine", "mine"),
        ("tag_strategy: latest", "latest"),
    ):
        strategy(here, written)
        assert reference(here) == f"{image}:{expected}"
    strategy(here, "tag_strategy: timestamp")
    stamp = datetime.strptime(reference(here).rpartition(":")[2], "%Y%m%d-%H%M%S").replace(
        tzinfo=timezone.utc
    )
    assert abs((datetime.now(timezone.utc) - stamp).total_seconds()) < 60

    strategy(here, "tag_strategy: semver")
    none = here.call("build", "--output-layout", "out", "--output", "json")
    assert (none.code, none.result["error"]["code"]) == (2, "tag-invalid")
    git(here.folder, "commit", "-q", "-am", "two")
    git(here.folder, "tag", "v1.2.3")
    assert reference(here) == f"{image}:1.2.3"
    for written in ("git_tag", "git-tag"):
        strategy(here, f"tag_strategy: {written}")
        assert reference(here).startswith(f"{image}:v1.2.3")


def test_the_nearest_source_wins(here: Project, registries: Registries) -> None:
    """Command line, environment, deploy.yaml, agent.yaml, the project's config, the user's."""
    home = Path(here.environ["HOME"]) / ".holodeck"
    base = {"image": {"base": registries.base}}

    def registry(name: str) -> str:
        return f"deployment: {{registry: {{url: ghcr.io, repository: from/{name}}}}}\n"

    target = SECTION[SECTION.index("  target") :].format()
    agent = AGENT.format(name=here.name)
    here.write("agent.yaml", agent + "deployment:\n" + target)
    home.mkdir()
    (home / "config.yaml").write_text(registry("user-yaml"))
    assert "/from/user-yaml:" in reference(here)
    (home / "config.yml").write_text(registry("user-yml"))
    assert "/from/user-yml:" in reference(here)
    here.write("config.yaml", registry("project-yaml"))
    assert "/from/project-yaml:" in reference(here)
    here.write("config.yml", registry("project-yml"))
    assert "/from/project-yml:" in reference(here)
    here.write(
        "agent.yaml",
        agent + "deployment:\n  registry: {url: ghcr.io, repository: 'from/${WHERE}'}\n" + target,
    )
    staging = {"deployment": {"registry": {"repository": "from/environment"}}}
    here.write("deploy.yaml", json.dumps({**base, "environments": {"staging": staging}}))

    # ${VAR}: the shell, then ./.env, then the agent's folder, then the user's.
    (home / ".env").write_text("WHERE=user-env\n")
    assert "/from/user-env:" in reference(here)
    here.write(".env", "WHERE=own-env\n")
    assert "/from/own-env:" in reference(here)
    away = here.folder.parent / "away"
    away.mkdir()
    (away / ".env").write_text("WHERE=cwd-env\n")
    assert "/from/cwd-env:" in reference(here, str(here.folder / "agent.yaml"), cwd=away)
    assert "/from/shell:" in reference(here, env={"WHERE": "shell"})
    assert "/from/environment:" in reference(here, "--env", "staging")


def test_the_target_by_command_line_environment_deploy_yaml_and_agent_yaml(here: Project) -> None:
    def target(*words: str) -> str:
        return here.call("status", "--output", "json", *words).document["provider"]

    (here.folder / "agent.yaml").write_text(AGENT.format(name=here.name))
    nothing = here.call("status", "--output", "json")
    assert (nothing.code, nothing.document["error"]["code"]) == (2, "deployment-missing")
    assert "--target local" in nothing.document["error"]["remedy"]
    assert "init" in nothing.document["error"]["remedy"]
    here.write("deploy.yaml", "target: local\nenvironments: {up: {target: gcp}}\n")
    assert target() == "local"
    cloud = here.call("status", "--output", "json", "--env", "up")
    assert cloud.document["error"]["code"] == "deployment-missing"
    assert target("--env", "up", "--target", "local") == "local"
