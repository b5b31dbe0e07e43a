"""What ships loads in holodeck-ai 0.7.1's own loader and finds its files, with the environment we hand it.

HOLODECK_TEST_PYTHON names a Python that has holodeck-ai 0.7.1.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from holodeck_tui.bundle.collect import collect
from holodeck_tui.bundle.container import container_env
from holodeck_tui.bundle.ship import write_tree
from holodeck_tui.config.resolve import load_settings
from holodeck_tui.core.context import Context
from tests.parts import need

pytestmark = [pytest.mark.integration, pytest.mark.slow]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "agents"
SAMPLES = Path(os.environ.get("HOLODECK_SAMPLES") or Path(__file__).parents[4] / "shared" / "samples")
AGENTS = sorted(FIXTURES.glob("*/agent.yaml")) + sorted(SAMPLES.glob("*/*/agent.yaml"))

# As `serve` does it, up to the backends: loads, resolves every path, imports every function tool.
LOADER = """
import json, os, sys
from pathlib import Path
from holodeck.config.loader import load_agent_with_config
from holodeck.lib.function_tool_loader import load_function_tool
from holodeck.lib.instruction_resolver import resolve_instructions
from holodeck.config.schema import SchemaValidator
from holodeck.tools.common import resolve_source_path

agent, _, _ = load_agent_with_config("agent.yaml")
base = Path.cwd()
resolve_instructions(agent.instructions, base_dir=base)
if isinstance(agent.response_format, str):
    SchemaValidator.load_schema_from_file(agent.response_format, base)
for tool in agent.tools or []:
    if tool.type == "function":
        assert load_function_tool(tool, base)
    source = getattr(tool, "source", None)
    if source and "://" not in source:
        assert resolve_source_path(source, str(base)).exists(), source
    if getattr(tool, "env_file", None):
        assert Path(tool.env_file).is_file()
    if tool.type == "prompt" and tool.file:
        assert (base / tool.file).is_file()
print(json.dumps({"name": agent.name, "dropped": [agent.deployment, agent.evaluations, agent.test_cases]}))
"""


@pytest.mark.parametrize("agent", AGENTS, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_the_bundle_loads_elsewhere(agent: Path, tmp_path: Path) -> None:
    python = need("HOLODECK_TEST_PYTHON")
    options = {"cwd": tmp_path, "home": tmp_path, "need_target": False, "missing": "warning"}
    first = load_settings(agent, environ={}, **options)
    environ = {name.name: f"https://{name.name.lower()}.example" for name in collect(first, Context()).needs}
    settings = load_settings(agent, environ=environ, **options)
    bundle = collect(settings, Context())
    write_tree(bundle, tmp_path / "app", Context())
    env, secrets = container_env(settings, bundle)
    texts = {**env, **{name: text for name, text, _ in secrets if text is not None}}
    given = {name: settings.variables.expand(text) for name, text in texts.items()}
    done = subprocess.run(
        [python, "-c", LOADER],
        cwd=tmp_path / "app",
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert loaded == {"name": settings.agent_name, "dropped": [None, None, None]}
