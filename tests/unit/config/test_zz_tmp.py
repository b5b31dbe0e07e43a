"""Whatever stands in the files: problems with places, never a crash; and no problems means it loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holodeck_tui.config.problems import find_problems
from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.models.agent import needs_node, provider_variables, required_extras

pytestmark = pytest.mark.unit

GOOD: dict[str, Any] = {
    "agent.yaml": {
        "name": "shop",
        "model": {"provider": "anthropic", "name": "m"},
        "instructions": {"inline": "x"},
        "tools": [{"type": "vectorstore", "name": "s", "source": "d", "database": {"provider": "qdrant"}}],
        "observability": {"enabled": True, "exporters": {"prometheus": {"enabled": True}}},
        "deployment": {
            "port": 8080,
            "protocol": "rest",
            "registry": {"url": "ghcr.io", "repository": "a/b", "tag_strategy": "git_sha"},
            "target": {
                "provider": "azure",
                "azure": {
                    "subscription_id": "11111111-2222-3333-4444-555555555555",
                    "resource_group": "rg",
                    "cpu": 1,
                    "memory": "2Gi",
                },
            },
            "environment": {"A": "${HERE}"},
        },
    },
    "deploy.yaml": {
        "image": {"keep": 3},
        "secrets": {"K": {"env": "K"}},
        "azure": {"ingress_external": True},
        "environments": {
            "prod": {"target": "azure", "deployment": {"port": 9000}, "secrets": {"K": {"ref": "r"}}}
        },
    },
    "config.yaml": {
        "providers": {"anthropic": {"provider": "anthropic", "name": "m"}},
        "mcp_servers": [{"name": "f", "command": "npx"}],
        "deployment": {"platform": "linux/amd64"},
    },
}


def paths(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [at, *(path for name, value in items for path in paths(value, (*at, name)))]


PATHS = [path for path in paths(GOOD) if path]
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", " ", "${HERE}", "${GONE}", "both", "local", "aws", "1 vCPU", "-1", "1e999", "\u0663", "a\nb"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(
        st.sampled_from(["provider", "url", "A", "1 B", "env", "aws"]), st.text("ab", max_size=2), max_size=2
    ),
)


def changed(path: tuple[Any, ...], value: Any, files: Any) -> Any:
    if not path:
        return value
    copy = dict(files) if isinstance(files, dict) else list(files)
    copy[path[0]] = changed(path[1:], value, files[path[0]])
    return copy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("agent")


@given(
    path=st.sampled_from(PATHS),
    value=ODD,
    environment=st.sampled_from([None, "prod"]),
    target=st.sampled_from([None, "local"]),
)
@settings(max_examples=4000, deadline=None)
def test_one_odd_value_anywhere(folder, path, value, environment, target):
    for name, data in changed(path, value, GOOD).items():
        (folder / name).write_text(json.dumps(data), encoding="utf-8")
    where: dict[str, Any] = {
        "environ": {"HERE": "canary-in-shell"},
        "cwd": folder,
        "home": folder / "home",
        "target": target,
    }
    try:
        problems = find_problems(folder / "agent.yaml", environment=environment, **where)
        loaded: Settings | DeploymentError = load_settings(
            folder / "agent.yaml", environment=environment, **where
        )
    except DeploymentError as error:
        loaded = error
        if error.code == "environment-unknown":
            return
    for problem in problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message
        assert "canary" not in str(problem)
    errors = [problem for problem in problems if problem.severity == "error"]
    if isinstance(loaded, Settings):
        required_extras(loaded.agent)
        needs_node(loaded.agent)
        provider_variables(loaded.agent)
        assert not errors or environment is None
    else:
        assert "canary" not in str(loaded) + "".join(loaded.details)
        assert errors or loaded.code == "deployment-missing"


def test_what_is_not_odd_has_no_problems(folder):
    for name, data in GOOD.items():
        (folder / name).write_text(json.dumps(data), encoding="utf-8")
    where: dict[str, Any] = {"environ": {}, "cwd": folder, "home": folder / "home"}
    problems = find_problems(folder / "agent.yaml", **where)
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert load_settings(folder / "agent.yaml", environment="prod", **where).port == 9000
