from __future__ import annotations

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.base import Needs
from holodeck_tui.pipeline.api import DEPLOY, Plan, RunOptions, plan, run

pytestmark = pytest.mark.unit
AWAY = DeploymentError("docker-unreachable", "No engine answers.", remedy="start it")


def make(load, ctx, **options) -> Plan:
    return plan(load(), RunOptions(**options), ctx)


def actions(made: Plan) -> dict[str, str]:
    return {step.step: step.action for step in made.steps}


def test_before_the_first_deploy_everything_is_new(world, load, ctx, events):
    made = make(load, ctx)
    assert (made.source, made.up_to_date) == ("live", False)
    assert actions(made) == {
        "bundle": "run", "build": "skip", "push": "skip", "run": "run", "verify": "run"
    }  # fmt: skip
    assert made.as_json()["changes"] == [{"path": "service", "from": None, "to": "threads-greeter"}]
    assert events == []


def test_after_a_deploy_nothing_would_change_until_something_does(world, load, ctx, folder):
    run(load(), DEPLOY, RunOptions(), ctx)
    made = make(load, ctx)
    assert (made.source, made.up_to_date, made.changes) == ("live", True, ())
    assert actions(made)["run"] == "skip"
    (folder / "prompt.md").write_text("Be kinder.\n")
    made = make(load, ctx)
    assert not made.up_to_date
    assert [change.path for change in made.changes] == ["content_hash"]
    assert "content_hash would change" in made.steps[3].reason


def test_a_target_that_is_away_is_compared_by_the_last_record(world, load, ctx, folder):
    world.fails = AWAY
    made = make(load, ctx)
    assert (made.source, made.up_to_date) == ("record", False)
    assert actions(made)["build"] == "run"
    world.fails = None
    run(load(), DEPLOY, RunOptions(), ctx)
    world.fails = AWAY
    assert make(load, ctx).changes == ()
    assert any("could not be asked" in text for text in make(load, ctx).warnings)
    (folder / "deploy.yaml").write_text("local: {memory: 2Gi}\n")
    assert [change.path for change in make(load, ctx).changes] == ["configuration"]
    (folder / "prompt.md").write_text("Be kinder.\n")
    assert [change.path for change in make(load, ctx).changes] == ["content_hash", "configuration"]


def test_what_is_wrong_with_the_agent_is_an_error_of_the_plan(world, load, ctx, folder):
    (folder / "prompt.md").unlink()
    with pytest.raises(DeploymentError) as caught:
        make(load, ctx)
    assert caught.value.code == "file-missing"


def test_where_each_variable_comes_from_is_part_of_the_plan(world, load, ctx, environ):
    made = make(load, ctx)
    assert [(one.name, one.source) for one in made.variables] == [("ANTHROPIC_API_KEY", "shell")]
    del environ["ANTHROPIC_API_KEY"]
    made = make(load, ctx)
    assert made.variables[0].source == "missing"
    assert any("ANTHROPIC_API_KEY" in text for text in made.warnings)


def test_without_an_engine_the_build_is_compared_by_the_last_record(world, load, ctx, environ):
    environ["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    world.needs = Needs(image=True, registry=False, reason="stays here")
    made = make(load, ctx)
    assert actions(made)["build"] == "run"
    assert actions(made)["push"] == "skip"
    assert made.steps[1].reason == "never built here"


def test_a_cancelled_plan_is_cancelled(world, load, ctx):
    ctx.cancel.cancel()
    with pytest.raises(DeploymentError) as caught:
        make(load, ctx)
    assert caught.value.exit_code == 130
