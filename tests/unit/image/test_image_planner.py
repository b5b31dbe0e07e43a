"""When two images are the same, and what an image's configuration says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from holodeck_tui.bundle.bundle import Bundle
from holodeck_tui.config.resolve import Settings
from holodeck_tui.image.plan import BaseImage, ImagePlan
from holodeck_tui.image.planner import make_plan

from .conftest import BASE, bundle_of

pytestmark = pytest.mark.unit


def plan_of(
    settings: Settings,
    bundle: Bundle | None = None,
    base: BaseImage = BASE,
    tag: str = "1",
    environ: Mapping[str, str] | None = None,
) -> ImagePlan:
    return make_plan(settings, bundle or bundle_of(), base, tag=tag, environ=environ or {})


def test_the_name_is_that_of_the_registry_or_of_the_agent(settings_of: Callable[..., Settings]) -> None:
    assert plan_of(settings_of(registry=""), tag="abc").uri == "registry.test/team/agent:abc"
    assert plan_of(settings_of(name="Legal Assistant_2!")).uri == "holodeck/legal-assistant-2:1"
    assert plan_of(settings_of(name="日本")).uri == "holodeck/agent:1"


def test_the_key_is_that_of_bundle_base_template_and_platform(settings_of: Callable[..., Settings]) -> None:
    settings = settings_of()
    key = plan_of(settings).key
    assert plan_of(settings, tag="other", environ={"SOURCE_DATE_EPOCH": "1"}).key == key
    assert plan_of(settings, base=replace(BASE, reference="mirror.test/base:2")).key == key
    others = [
        plan_of(settings, bundle_of(more=b"x")).key,
        plan_of(settings, base=replace(BASE, digest=f"sha256:{'b' * 64}")).key,
        plan_of(settings_of(overrides={"deployment.platform": "linux/arm64"})).key,
        plan_of(settings_of(overrides={"deployment.port": 9000})).key,
        plan_of(settings_of(overrides={"deployment.protocol": "ag-ui"})).key,
        plan_of(settings_of(name="other")).key,
    ]
    assert len({key, *others}) == 1 + len(others)


def test_created_is_a_constant_or_what_reproducible_builds_say(settings_of: Callable[..., Settings]) -> None:
    created = "org.opencontainers.image.created"
    settings = settings_of()
    assert plan_of(settings).labels[created] == "1980-01-01T00:00:00Z"
    assert (
        plan_of(settings, environ={"SOURCE_DATE_EPOCH": "1700000000"}).labels[created]
        == "2023-11-14T22:13:20Z"
    )
    assert plan_of(settings, environ={"SOURCE_DATE_EPOCH": "soon"}).labels[created] == "1980-01-01T00:00:00Z"


def test_what_the_base_brings_is_not_installed(settings_of: Callable[..., Settings]) -> None:
    more = """tools:
  - {type: vectorstore, name: kb, description: d, source: data, database: {provider: chromadb}}
  - {type: mcp, name: m, description: d, command: npx, args: [x]}
"""
    settings = settings_of(more=more)
    plan = plan_of(settings)
    assert (plan.extras, plan.node) == (("chromadb",), True)
    plan = plan_of(settings, base=replace(BASE, extras=("chromadb", "s3"), node=True))
    assert (plan.extras, plan.node) == ((), False)


def test_no_value_of_the_environment_is_in_the_plan(settings_of: Callable[..., Settings]) -> None:
    settings = settings_of(more="", overrides={"deployment.environment": {"CANARY": "c4n4ry-value"}})
    plan = plan_of(settings)
    assert "c4n4ry" not in repr((plan.config, plan.volatile, plan.layers))
    assert set(plan.config.env) <= {
        "HOLODECK_AGENT_CONFIG",
        "HOLODECK_LOG_LEVEL",
        "HOLODECK_PORT",
        "HOLODECK_PROTOCOL",
        "HOME",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUNBUFFERED",
    }


def test_instructions_stay_out_of_the_data_layer(
    settings_of: Callable[..., Settings], tmp_path: Path
) -> None:
    path = tmp_path / "agent.yaml"
    settings = settings_of()
    path.write_text(path.read_text().replace("{inline: Be kind.}", "{file: ./data/i.md}"))
    from holodeck_tui.config.resolve import load_settings

    settings = load_settings(path, target="local", environ={}, cwd=tmp_path, home=tmp_path)
    bundle = bundle_of(data__i_dot_md=b"x", data__big=b"x" * (2 << 20))
    (data,) = [layer for layer in plan_of(settings, bundle).layers if layer.name == "data"]
    assert "app/data/i.md" not in {entry.path for entry in data.entries}


def test_the_configuration_goes_over_the_bases(settings_of: Callable[..., Settings]) -> None:
    base: dict[str, Any] = {
        "Env": ["PATH=/bin", "HOME=/root", "HOLODECK_PORT=8080"],
        "Cmd": ["bash"],
        "Entrypoint": ["/old"],
        "Labels": {"a": "b", "org.opencontainers.image.title": "base"},
        "ExposedPorts": {"8080/tcp": {}},
        "StopSignal": "SIGQUIT",
    }
    config = plan_of(settings_of(overrides={"deployment.port": 9000})).config
    merged = config.over(base)
    env = dict(item.split("=", 1) for item in merged["Env"])
    assert (env["PATH"], env["HOME"], env["HOLODECK_PORT"]) == ("/bin", "/tmp", "9000")
    assert "Cmd" not in merged
    assert merged["Entrypoint"] == ["/opt/holodeck/entrypoint.sh"]
    assert merged["Labels"]["a"] == "b"
    assert merged["Labels"]["org.opencontainers.image.title"] == "ticket-routing"
    assert merged["ExposedPorts"] == {"8080/tcp": {}, "9000/tcp": {}}
    assert merged["StopSignal"] == "SIGQUIT"
    assert merged["Healthcheck"]["Test"] == ["CMD", "python3", "/opt/holodeck/healthcheck.py", "/health"]
    assert base["Cmd"] == ["bash"], "the base's own configuration is not touched"


def test_a_base_is_pinned_by_what_is_known() -> None:
    digest = f"sha256:{'c' * 64}"
    assert BaseImage("localhost:5000/a:1", digest=digest).pinned == f"localhost:5000/a@{digest}"
    assert BaseImage("localhost:5000/a", digest=digest).pinned == f"localhost:5000/a@{digest}"
    assert BaseImage(f"a@{digest}", digest=digest).pinned == f"a@{digest}"
    assert BaseImage("a:1", engine_id="sha256:1").pinned == "sha256:1"
    assert BaseImage("a:1", digest=digest, engine_id="sha256:1").identity == digest
