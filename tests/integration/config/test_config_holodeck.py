"""Files that set and init write, and the values we read, judged by holodeck-ai's own loader and PyYAML."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from holodeck_tui.config.document import Document, YamlError
from holodeck_tui.config.edit import Surroundings, init_section, set_values, unset_values
from holodeck_tui.core.errors import DeploymentError
from tests.unit.config.yaml_texts import VALUES, yaml_texts

pytestmark = pytest.mark.integration

LOAD = """
import json, os, sys
os.environ.update({name: "x" for name in sys.argv[2:]})
from holodeck.config.loader import ConfigLoader
section = ConfigLoader().load_agent_yaml(sys.argv[1]).deployment
print(json.dumps(None if section is None else section.model_dump(mode="json")))
"""

PARSE = """
import json, sys, yaml
for line in sys.stdin:
    try:
        print(json.dumps({"data": repr(yaml.safe_load(json.loads(line)))}))
    except Exception as error:
        print(json.dumps({"error": str(error)}))
"""

REFERENCES = [
    "OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_DEPLOYMENT_NAME",
    "AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME", "ANTHROPIC_API_KEY",
]  # fmt: skip

TARGETS = {
    "aws": (["aws", "123456789012.dkr.ecr.eu-west-1.amazonaws.com", None], []),
    "gcp": (
        ["gcp", "europe-west1-docker.pkg.dev", "my-project/agents/one"],
        ["deployment.target.gcp.cpu=2000m"],
    ),
    "azure": (
        ["azure", "mine.azurecr.io", "team/agent"],
        [
            "deployment.target.azure.subscription_id=00000000-0000-0000-0000-000000000001",
            "deployment.target.azure.resource_group=agents",
            "deployment.target.azure.cpu=0.5",
            "deployment.target.azure.memory=1Gi",
        ],
    ),
}


def loaded(python: str, agent: Path):
    done = subprocess.run(
        [python, "-c", LOAD, str(agent), *REFERENCES],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize(("options", "sets"), TARGETS.values(), ids=TARGETS)
def test_holodeck_loads_what_init_and_set_write(tmp_path, samples, holodeck_python, options, sets):
    folder = tmp_path / "agent"
    shutil.copytree(samples / "ticket-routing" / "openai", folder)
    agent = folder / "agent.yaml"
    original = agent.read_bytes()
    around = Surroundings({}, tmp_path, tmp_path)
    init_section(agent, *options, sets, around=around)
    section = loaded(holodeck_python, agent)
    assert section["target"]["provider"] == options[0]
    assert section["registry"]["url"] == options[1]
    words = ["deployment.port=8081", "deployment.environment.N=1", "deployment.registry.tag_strategy=git-tag"]
    set_values(agent, words, around=around)
    section = loaded(holodeck_python, agent)
    assert (section["port"], section["environment"]) == (8081, {"N": "1"})
    assert section["registry"]["tag_strategy"] == "git_tag"
    unset_values(agent, ["deployment"], around=around)
    assert agent.read_bytes() == original


def test_init_works_on_every_sample_and_unset_restores_it(tmp_path, samples):
    for source in sorted(samples.glob("*/*/agent.yaml")):
        folder = tmp_path / source.parent.parent.name
        shutil.copytree(source.parent, folder)
        agent = folder / "agent.yaml"
        around = Surroundings({}, tmp_path, tmp_path)
        if Document.read(agent).has(("deployment",)):
            continue
        init_section(agent, *TARGETS["azure"][0], TARGETS["azure"][1], around=around)
        assert agent.read_bytes().startswith(source.read_bytes())
        unset_values(agent, ["deployment"], around=around)
        assert agent.read_bytes() == source.read_bytes()


def judged(python: str, texts: list[str]) -> list[dict[str, str]]:
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run(
        [python, "-c", PARSE], input=lines, check=True, capture_output=True, text=True, timeout=120
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def read(text: str) -> dict[str, str]:
    try:
        return {"data": repr(Document.parse(text.encode()).data)}
    except YamlError as error:
        return {"error": error.message}


def written(count: int, strategy: st.SearchStrategy[str]) -> list[str]:
    texts: list[str] = []

    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    return texts


def test_we_read_the_values_that_pyyaml_reads(holodeck_python):
    texts = written(1500, yaml_texts())
    compared = 0
    for text, theirs in zip(texts, judged(holodeck_python, texts), strict=True):
        ours = read(text)
        compared += "data" in ours
        # Stricter in this alone: PyYAML takes the last of two.
        assert (
            ("error" in ours and "error" in theirs) or ours == theirs or "twice" in ours.get("error", "")
        ), text
    assert compared > 100


def test_pyyaml_reads_every_value_that_we_write(holodeck_python):
    texts: list[str] = []
    data: list[str] = []

    @settings(max_examples=300, database=None, deadline=None, phases=[Phase.generate])
    @given(VALUES, st.sampled_from(["a: x\n", "a: {b: 1}\n", "a: 'x'\n"]))
    def collect(value: object, text: str) -> None:
        document = Document.parse(text.encode())
        path = ("a", "b") if "{" in text else ("a",)
        try:
            document.set(path, value)
        except DeploymentError:
            return
        texts.append(document.text)
        data.append(repr(document.data))

    collect()
    assert len(texts) > 100
    for text, ours, theirs in zip(texts, data, judged(holodeck_python, texts), strict=True):
        assert theirs == {"data": ours}, text
