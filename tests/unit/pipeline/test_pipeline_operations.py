"""What is asked of a deployment and done to it, against a target of the tests' own."""

from __future__ import annotations

import threading

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Notice, Result, ServiceLog, StepFinished
from holodeck_tui.core.values import ServiceRef, Status
from holodeck_tui.deployers import catalog
from holodeck_tui.pipeline import api
from holodeck_tui.pipeline.listing import own_scope
from holodeck_tui.state.folder import StateFolder
from holodeck_tui.state.lock import Key, RunLock
from holodeck_tui.state.records import Records
from holodeck_tui.state.scopes import ScopeMemory

pytestmark = pytest.mark.unit
KEY = Key("greeter", None, "local")
AWAY = DeploymentError("docker-unreachable", "No engine answers.", remedy="start it")


@pytest.fixture
def deployed(world, load, ctx, events):
    assert api.run(load(), api.DEPLOY, api.RunOptions(), ctx).ok
    events.clear()
    return world


def told(events) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Notice))


def recorded(folder):
    return Records(StateFolder(folder), print).get(KEY)


def test_status_of_nothing_is_missing(world, load, ctx):
    found = api.status(load(), ctx)
    assert (found.state, found.ref.name, found.detail) == (
        "missing",
        "threads-greeter",
        "nothing is deployed",
    )
    assert found.checked_at is not None
    assert found.as_json()["agent"] == "greeter"


def test_status_asks_the_target_and_a_service_removed_elsewhere_is_missing(deployed, load, ctx):
    deployed.status = "degraded"
    assert api.status(load(), ctx).state == "degraded"
    deployed.service = None
    found = api.status(load(), ctx)
    assert (found.state, found.ref.service_id) == ("missing", "id-threads-greeter")
    assert "is gone" in found.detail


def test_logs_are_cleaned_filtered_and_end_with_a_result(deployed, load, ctx, events):
    deployed.lines = ["a \x1b[31mred\x1b[0m line", "canary-key-123456", "other line"]
    ctx.redactor.add("canary-key-123456")
    result = api.logs(load(), api.LogOptions(), ctx)
    assert result.ok
    lines = [event for event in events if isinstance(event, ServiceLog)]
    assert [event.line for event in lines] == ["a red line", "***", "other line"]
    assert {event.service for event in lines} == {"threads-greeter"}
    events.clear()
    api.logs(load(), api.LogOptions(tail=2, grep="^o"), ctx)
    assert [event.line for event in events if isinstance(event, ServiceLog)] == ["other line"]
    assert isinstance(events[-1], Result)


def test_a_bad_pattern_is_a_usage_error(deployed, load, ctx):
    result = api.logs(load(), api.LogOptions(grep="("), ctx)
    assert (result.exit_code, result.error.code) == (2, "usage")


def test_following_ends_with_ctrl_c(deployed, load, ctx):
    threading.Timer(0.2, ctx.cancel.cancel).start()
    assert api.logs(load(), api.LogOptions(follow=True), ctx).exit_code == 130


@pytest.mark.parametrize("call", ["logs", "rollback"])
def test_what_needs_a_deployment_says_that_there_is_none(world, load, ctx, call):
    result = api.logs(load(), api.LogOptions(), ctx) if call == "logs" else api.rollback(load(), ctx)
    assert (result.exit_code, result.error.code) == (2, "not-deployed")
    assert "deploy --target local" in result.error.remedy


def test_destroy_removes_and_forgets_and_twice_is_success(deployed, load, ctx, events, folder):
    plan = api.plan_destroy(load(), ctx)
    assert plan.goes == ("service threads-greeter",)
    result = api.destroy(load(), ctx)
    assert result.ok
    assert result.deployment.state == "missing"
    assert "removed: service threads-greeter" in told(events)
    assert "stays: image x (used by y)" in told(events)
    assert recorded(folder).deployed is None
    assert api.plan_destroy(load(), ctx) is None
    again = api.destroy(load(), ctx)
    assert again.ok
    assert again.deployment is None


def test_a_rehearsed_destroy_changes_nothing_and_needs_no_target(deployed, load, ctx, events, folder):
    assert api.destroy(load(), ctx, dry_run=True).ok
    assert "would be removed: service threads-greeter" in told(events)
    deployed.fails = AWAY
    events.clear()
    assert api.destroy(load(), ctx, dry_run=True).ok
    assert "id-threads-greeter" in told(events)
    assert deployed.service is not None
    assert recorded(folder).deployed is not None


def test_a_rehearsed_destroy_without_target_and_record_says_so(world, load, ctx, events):
    world.fails = AWAY
    assert api.destroy(load(), ctx, dry_run=True).ok
    assert "nothing is recorded here" in told(events)
    assert api.destroy(load(), ctx).exit_code == 4


def test_rollback_goes_back_and_proves_it(deployed, load, ctx, events, folder):
    (folder / "prompt.md").write_text("Be kinder.\n")
    api.run(load(), api.DEPLOY, api.RunOptions(), ctx)
    events.clear()
    assert [one.active for one in api.revisions(load(), ctx)] == [True, False]
    result = api.rollback(load(), ctx)
    assert (result.ok, result.deployment.revision, result.deployment.state) == (True, "r1", "healthy")
    assert [event.step for event in events if isinstance(event, StepFinished)] == ["run", "verify"]
    assert recorded(folder).deployed.revision == "r1"
    assert api.rollback(load(), ctx, to="r2").deployment.revision == "r2"
    assert api.rollback(load(), ctx, to="r9").error.code == "revision-unknown"


def test_pause_and_resume(deployed, load, ctx, folder):
    assert api.pause(load(), ctx).state == "stopped"
    assert recorded(folder).deployed.state == "stopped"
    assert api.resume(load(), ctx).state == "healthy"
    with RunLock(StateFolder(folder), KEY), pytest.raises(DeploymentError, match="Another run"):
        api.pause(load(), ctx)


def test_a_target_that_cannot_is_told(deployed, load, ctx, monkeypatch):
    monkeypatch.setitem(catalog.OURS, "local", "tests.unit.pipeline.thread_deployer:PlainDeployer")
    with pytest.raises(DeploymentError, match="cannot be paused"):
        api.pause(load(), ctx)
    assert api.rollback(load(), ctx).error.code == "unsupported"


def test_chat_answers(deployed, load, ctx):
    assert api.chat(load(), "Hello", ctx).as_json() == {"reply": "Good morning"}
    deployed.no_url = True
    with pytest.raises(DeploymentError, match="cannot be talked to"):
        api.chat(load(), "Hello", ctx)


def test_list_asks_the_agents_scope_and_the_remembered_ones(deployed, load, ctx, tmp_path):
    found = api.list_deployments([], ctx, settings=load())
    assert [status.ref.name for status in found.deployments] == ["threads-greeter"]
    assert api.list_deployments([], ctx).deployments == found.deployments
    ScopeMemory(tmp_path, print).remember("aws:eu-west-1")
    found = api.list_deployments([], ctx, settings=load(), home=tmp_path)
    assert len(found.deployments) == 1
    (failure,) = found.failures
    assert failure.scope == "aws:eu-west-1"
    assert failure.as_json()["message"]


def test_list_never_needs_an_agent_and_refuses_what_is_no_scope(deployed, ctx):
    assert len(api.list_deployments(["local", "local"], ctx).deployments) == 1
    with pytest.raises(DeploymentError) as caught:
        api.list_deployments(["nowhere"], ctx)
    assert caught.value.exit_code == 2


def test_list_asks_all_scopes_at_the_same_time(world, ctx, monkeypatch):
    from tests.unit.pipeline.thread_deployer import ThreadDeployer

    meeting = threading.Barrier(2, timeout=5)

    def both(self, scope, ctx):
        meeting.wait()
        return [Status(ServiceRef("local", scope, scope, scope, scope), "healthy")]

    monkeypatch.setattr(ThreadDeployer, "list", both)
    monkeypatch.setitem(catalog.OURS, "x", catalog.OURS["local"])
    found = api.list_deployments(["x:one", "local"], ctx)
    assert [status.ref.agent for status in found.deployments] == ["local", "x:one"]


def test_the_own_scope_is_that_of_the_settings(load, folder, environ):
    assert own_scope(load()) == "local"
    text = (folder / "agent.yaml").read_text()
    section = (
        "deployment:\n  registry: {url: ghcr.io, repository: team/greeter}\n"
        "  target: {provider: gcp, gcp: {project_id: my-project, region: '${REGION}'}}\n"
    )
    (folder / "agent.yaml").write_text(text + section)
    environ["REGION"] = "europe-west1"
    assert own_scope(load(target="gcp")) == "gcp:my-project/europe-west1"
