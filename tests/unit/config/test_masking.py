"""Which values are masked: what goes to the container, and not what results have to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from holodeck_tui.config.masking import masked_values
from holodeck_tui.config.resolve import load_settings

pytestmark = pytest.mark.unit

AGENT = """\
name: helper
# before: ${IN_COMMENT}
model: {provider: openai, name: gpt-4o-mini}
instructions: {inline: Help.}
tools:
- {type: mcp, name: weather, description: d, transport: http, url: 'https://w.example', headers: {X: '${STATION}'}}
deployment:
  registry: {url: '${REGISTRY}', repository: team/helper}
  target: {provider: gcp, gcp: {project_id: '${PROJECT_TOKEN}', region: '${REGION}'}}
  environment: {PLACE: '${PLACE}', REGION: '${REGION}'}
"""


def masked(tmp_path: Path, env_file: str = "", **environ: str) -> tuple[str, ...]:
    (tmp_path / "agent.yaml").write_text(AGENT)
    (tmp_path / "deploy.yaml").write_text("secrets: {KEPT: {env: KEPT_HERE}}\nimage: {base: '${BASE}'}\n")
    (tmp_path / ".env").write_text(env_file)
    given = {
        "REGISTRY": "ghcr.io",
        "REGION": "europe-west1",
        "BASE": "debian:12",
        "PROJECT_TOKEN": "project-one",
    }
    settings = load_settings(
        tmp_path / "agent.yaml",
        environ={**given, **environ},
        cwd=tmp_path,
        home=tmp_path / "nobody",
    )
    return masked_values(settings)


def test_what_goes_to_the_container_is_masked(tmp_path: Path) -> None:
    found = masked(tmp_path, IN_COMMENT="c-o-m-m", STATION="s-t-a", PLACE="p-l-a", KEPT_HERE="k-e-p-t")
    assert {"c-o-m-m", "s-t-a", "p-l-a", "k-e-p-t"} <= set(found)


def test_plain_settings_are_shown_unless_their_names_look_secret(tmp_path: Path) -> None:
    found = masked(tmp_path)
    assert not {"ghcr.io", "europe-west1", "debian:12"} & set(found)
    assert "project-one" in found


def test_env_files_are_masked_but_for_what_the_agent_says_openly(tmp_path: Path) -> None:
    found = masked(tmp_path, "WORD=between-us\nMODEL=gpt-4o-mini\nREGISTRY=quay.io\nMODEL_KEY=gpt-4o-mini\n")
    assert "between-us" in found
    assert "quay.io" not in found
    assert found.count("gpt-4o-mini") == 2, "as a key it is one"
    assert "gpt-4o-mini" not in masked(tmp_path, "MODEL=gpt-4o-mini\n")
