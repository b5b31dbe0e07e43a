"""Every sample bundles, validates and dry-runs, and what one lacks is told before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.samples.rehearsals import KEYS, copy, folders

pytestmark = pytest.mark.integration

FINANCIAL = Path("financial-assistant") / "openai"
LACKS = {
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_DEPLOYMENT_NAME",
    "AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME",
    "AZURE_OPENAI_ENDPOINT",
    "QDRANT_REMOTE_URL",
}


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """No engine answers there."""
    return {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}


def test_every_sample_validates_bundles_plans_and_rehearses(
    samples: Path, tmp_path: Path, sealed_home: Path, nowhere: dict[str, str]
) -> None:
    found = folders(samples)
    assert len(found) >= 5
    for number, sample in enumerate(found):
        here = copy(sample, tmp_path / str(number), sealed_home, **nowhere)
        before = {path: path.read_bytes() for path in here.folder.rglob("*") if path.is_file()}
        assert here.call("validate").document["ok"] is True
        bundle = here.call("bundle").document
        assert {"agent.yaml", "instructions/system-prompt.md"} <= {one["path"] for one in bundle["files"]}
        assert not {one["path"] for one in bundle["files"]} & {".env.example", ".env.sample", "README.md"}
        assert here.call("bundle", "--to", "out").code == 0
        assert (here.folder / "out" / "agent.yaml").is_file()
        assert "evaluations" not in (here.folder / "out" / "agent.yaml").read_text()
        assert here.call("plan", "--target", "local").document["up_to_date"] is False
        rehearsed = here.call("deploy", "--target", "local", "--dry-run")
        assert rehearsed.code == 0, rehearsed.err
        steps = [one["step"] for one in rehearsed.events if one["event"] == "step.finished"]
        assert steps == ["bundle", "build", "push", "run", "verify"]
        assert {path: path.read_bytes() for path in before} == before
        assert not (here.folder / ".holodeck").exists(), "rehearsals remember nothing"


def test_the_financial_one_says_what_it_lacks_before_anything_is_built(
    samples: Path, tmp_path: Path, sealed_home: Path
) -> None:
    here = copy(samples / FINANCIAL, tmp_path / "agent", sealed_home)
    ended = here.call("deploy", "--target", "local")
    assert ended.code == 2
    steps = [(one["event"], one["step"]) for one in ended.events[:-1]]
    assert steps == [("step.started", "bundle"), ("step.failed", "bundle")]
    assert ended.events[-1]["error"]["code"] == "variable-missing"
    told = {line.split()[0] for line in ended.err.splitlines() if "used at agent.yaml:" in line}
    assert told == LACKS


def test_the_financial_one_names_the_one_that_is_left(
    samples: Path, tmp_path: Path, sealed_home: Path
) -> None:
    given = dict.fromkeys(LACKS - {"QDRANT_REMOTE_URL"}, "none-at-all")
    here = copy(samples / FINANCIAL, tmp_path / "agent", sealed_home, **given)
    ended = here.call("deploy", "--target", "local")
    assert ended.code == 2
    assert ended.events[-1]["error"]["message"].endswith("QDRANT_REMOTE_URL  used at agent.yaml:195")
    assert "AZURE" not in ended.err
    (here.folder / ".env").write_text("QDRANT_REMOTE_URL=https://none.example\n")
    assert here.call("validate", "--target", "local").document == {"ok": True, "problems": []}


def test_the_plan_says_where_each_variable_comes_from(
    samples: Path, tmp_path: Path, sealed_home: Path, nowhere: dict[str, str]
) -> None:
    here = copy(samples / "customer-support" / "azure-openai", tmp_path / "a", sealed_home, **nowhere)
    (here.folder / ".env").write_text(f"AZURE_OPENAI_API_KEY={KEYS['AZURE_OPENAI_API_KEY']}\n")
    told = here.call("plan", "--target", "local", output="text").out
    assert "AZURE_OPENAI_API_KEY" in told
    assert "from .env" in told
    assert "missing" in told
    assert KEYS["AZURE_OPENAI_API_KEY"] not in told
