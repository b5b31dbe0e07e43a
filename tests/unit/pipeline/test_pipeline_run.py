"""The order of a run, its events, its records and its ends, against a target of the tests' own."""

from __future__ import annotations

import json
import threading

import pytest

from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import Notice, Result, StepFailed, StepFinished, StepStarted
from holodeck_tui.deployers.base import Needs
from holodeck_tui.pipeline import verify
from holodeck_tui.pipeline.api import BUILD, DEPLOY, PUSH, RUN, RunOptions, run
from holodeck_tui.state.folder import StateFolder
from holodeck_tui.state.lock import Key, RunLock
from holodeck_tui.state.records import Records
from holodeck_tui.state.scopes import ScopeMemory, state_home

pytestmark = pytest.mark.unit
KEY = Key("greeter", None, "local")


def deploy(load, ctx, steps=DEPLOY, **options) -> Result:
    return run(load(), steps, RunOptions(**options), ctx)


def finished(events) -> dict[str, StepFinished]:
    return {event.step: event for event in events if isinstance(event, StepFinished)}


def warnings(events) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Notice))


def recorded(folder):
    return Records(StateFolder(folder), print).get(KEY)


def test_a_deploy_goes_through_all_steps_in_order(world, load, ctx, events, folder):
    result = deploy(load, ctx)
    assert (result.ok, result.exit_code, result.agent) == (True, 0, "greeter")
    assert [event.step for event in events if isinstance(event, StepStarted)] == list(DEPLOY)
    assert list(finished(events)) == list(DEPLOY)
    assert finished(events)["build"].skipped
    assert finished(events)["push"].skipped
    assert finished(events)["push"].detail == "it runs the files themselves"
    assert not finished(events)["run"].skipped
    assert events[-1] is result
    assert sum(isinstance(event, Result) for event in events) == 1
    assert result.image is None
    assert result.deployment.state == "healthy"
    known = recorded(folder).deployed
    assert (known.state, known.revision, known.url) == ("healthy", "r1", result.deployment.url)
    assert ScopeMemory(state_home(), print).all() == ["local"]


def test_an_unchanged_deploy_is_told_as_skipped_and_a_changed_one_is_not(world, load, ctx, events, folder):
    deploy(load, ctx)
    first = recorded(folder).deployed
    events.clear()
    deploy(load, ctx)
    assert finished(events)["run"].skipped
    assert recorded(folder).deployed.created_at == first.created_at
    events.clear()
    (folder / "prompt.md").write_text("Be kinder.\n")
    assert deploy(load, ctx).deployment.revision == "r2"
    assert not finished(events)["run"].skipped


def test_a_body_that_is_not_healthy_is_exit_5_with_the_logs_last_lines(world, load, ctx, events, folder):
    world.health = {"status": "unhealthy"}
    world.lines = ["old"] * 30 + ["the key is canary-key-123456\x1b[2J"]
    result = deploy(load, ctx)
    assert (result.ok, result.exit_code, result.error.code) == (False, 5, "unhealthy")
    assert len(result.error.details) == 20
    assert result.error.details[-1] == "the key is ***"
    failed = [event for event in events if isinstance(event, StepFailed)]
    assert [(event.step, event.error) for event in failed] == [("verify", result.error)]
    assert result.deployment.state == "unhealthy"
    assert recorded(folder).deployed.state == "unhealthy"


@pytest.mark.parametrize("ready", [False, None])
def test_not_ready_is_not_healthy(world, load, ctx, ready):
    world.ready = ready
    assert deploy(load, ctx).exit_code == 5


def test_an_agent_that_ends_is_not_waited_for(world, load, ctx, folder, monkeypatch):
    monkeypatch.setattr(verify, "_ASK_TARGET", 0.2)
    (folder / "deploy.yaml").write_text("health: {timeout: 60}\n")
    world.health, world.status = {"status": "unhealthy"}, "failed"
    result = deploy(load, ctx)
    assert "the service is failed (as told)" in result.error.reason


def test_without_an_address_the_targets_word_must_do_and_is_told(world, load, ctx, events):
    world.no_url = True
    assert deploy(load, ctx).ok
    assert "the target says that it is healthy" in warnings(events)
    world.status = "degraded"
    assert deploy(load, ctx).exit_code == 5


def test_the_smoke_message_must_be_answered(world, load, ctx, folder, events):
    (folder / "deploy.yaml").write_text("health: {timeout: 2, smoke: Hello}\n")
    assert deploy(load, ctx).ok
    assert any("Good morning" in line for event in events for line in getattr(event, "lines", ()))


def test_a_missing_variable_stops_before_anything_is_built(world, load, ctx, events, folder):
    (folder / "agent.yaml").write_text(
        "name: greeter\nmodel: {provider: ollama, name: llama3}\n"
        "description: ${LACKING} and ${ALSO_LACKING}\ninstructions: {file: prompt.md}\n"
    )
    result = deploy(load, ctx)
    assert (result.exit_code, result.error.code) == (2, "variable-missing")
    assert {"LACKING", "ALSO_LACKING"} <= set(" ".join(result.error.details).split())
    assert result.error.remedy == "export ALSO_LACKING=… LACKING=…  (or write them into .env)"
    assert [event.step for event in events if isinstance(event, StepStarted)] == ["bundle"]
    assert world.specs == []


def test_a_providers_own_key_only_warns(world, load, ctx, environ, events):
    del environ["ANTHROPIC_API_KEY"]
    assert deploy(load, ctx).ok
    assert "ANTHROPIC_API_KEY is not set" in warnings(events)


def test_run_and_push_use_the_last_recorded_build_and_say_so_without_one(world, load, ctx, events):
    world.needs = Needs(image=True, registry=True)
    for steps, step in ((RUN, None), (PUSH, "push")):
        events.clear()
        result = deploy(load, ctx, steps)
        assert (result.exit_code, result.error.code) == (2, "image-not-built")
        assert "run build first" in result.error.reason
        assert [event.step for event in events if isinstance(event, StepFailed)] == ([step] if step else [])


def test_a_dry_run_changes_nothing_and_says_what_would_be(world, load, ctx, events, folder):
    before = sorted(path.name for path in folder.iterdir())
    result = deploy(load, ctx, dry_run=True)
    assert result.ok
    assert sorted(path.name for path in folder.iterdir()) == before
    assert not state_home().exists()
    assert world.specs == []
    assert list(finished(events)) == list(DEPLOY)
    assert all(event.skipped for event in finished(events).values())
    assert finished(events)["run"].detail == "would run: nothing is deployed yet"


def test_a_dry_run_of_build_tells_its_steps_only(world, load, ctx, events):
    deploy(load, ctx, BUILD, dry_run=True)
    assert list(finished(events)) == ["bundle", "build"]


def test_a_dry_run_turns_missing_variables_into_warnings(world, load, ctx, events, folder):
    (folder / "prompt.md").write_text("x")
    (folder / "agent.yaml").write_text(
        "name: greeter\nmodel: {provider: ollama, name: llama3}\n"
        "description: ${LACKING}\ninstructions: {file: prompt.md}\n"
    )
    assert deploy(load, ctx, dry_run=True).ok
    assert "LACKING is not set; the container needs it (agent.yaml:3)" in warnings(events)


def test_a_second_run_is_told_that_the_lock_is_held(world, load, ctx, folder):
    with RunLock(StateFolder(folder), KEY):
        result = deploy(load, ctx)
    assert (result.exit_code, result.error.code) == (6, "locked")
    assert world.specs == []


def test_what_a_failing_target_says_is_the_failure_of_the_step(world, load, ctx, events, folder):
    def fail(_):
        raise DeploymentError("quota", "No room.")

    world.on_deploy = fail
    result = deploy(load, ctx)
    assert (result.exit_code, result.error.code) == (3, "quota")
    assert [event.step for event in events if isinstance(event, StepFailed)] == ["run"]
    assert recorded(folder).deployed is None
    lines = [json.loads(line) for line in (folder / ".holodeck" / "journal.jsonl").read_text().splitlines()]
    assert [line.get("action") or line["result"] for line in lines] == ["deploy", "failed"]


def test_ctrl_c_during_the_deploy_names_what_goes_on(world, load, ctx, events):
    def stop(inner):
        ctx.cancel.cancel()
        raise Cancelled(("service x is still being updated",))

    world.on_deploy = stop
    result = deploy(load, ctx)
    assert (result.exit_code, result.error.code) == (130, "interrupted")
    assert result.error.details == ("service x is still being updated",)
    assert events[-1] is result


def test_ctrl_c_while_health_is_waited_for_ends_at_once(world, load, ctx, folder):
    (folder / "deploy.yaml").write_text("health: {timeout: 60}\n")
    world.health = {"status": "unhealthy"}

    def stop():
        world.asked.wait(60)
        ctx.cancel.cancel()

    stopper = threading.Thread(target=stop)
    stopper.start()
    result = deploy(load, ctx)
    stopper.join()
    assert result.exit_code == 130
    assert result.deployment is not None
    assert recorded(folder).deployed.state == "deploying"


def test_ctrl_c_before_anything_makes_nothing(world, load, ctx, folder):
    ctx.cancel.cancel()
    assert deploy(load, ctx).exit_code == 130
    assert world.specs == []
    assert recorded(folder).deployed is None


def test_a_defect_passes_through_and_the_next_run_tells_what_was_left(world, load, ctx, events):
    def crash(_):
        raise ZeroDivisionError

    world.on_deploy = crash
    with pytest.raises(ZeroDivisionError):
        deploy(load, ctx)
    assert not any(isinstance(event, Result) for event in events)
    world.on_deploy = None
    assert deploy(load, ctx).ok
    assert "It was stopped during: deploy" in warnings(events)
    events.clear()
    assert deploy(load, ctx).ok
    assert "It was stopped" not in warnings(events)


def test_no_value_of_a_variable_is_in_state_or_events(world, load, ctx, events, folder):
    (folder / "agent.yaml").write_text(
        "name: greeter\nmodel: {provider: ollama, name: llama3}\n"
        "description: ${ORDINARY}\ninstructions: {file: prompt.md}\n"
    )
    (folder / ".env").write_text("ORDINARY=canary-plain-654321\n")
    world.lines = ["said canary-plain-654321 and canary-key-123456"]
    world.health = {"status": "sick of canary-plain-654321"}
    deploy(load, ctx)
    texts = [repr(event) for event in events]
    texts += [path.read_text() for path in (folder / ".holodeck").rglob("*") if path.is_file()]
    assert len(texts) > 10
    assert not [text for text in texts if "canary" in text]


def test_the_container_inherits_the_agents_observability(world, load, ctx, folder):
    text = (folder / "agent.yaml").read_text()
    (folder / "agent.yaml").write_text(text + "observability: {enabled: true, service_name: shown}\n")
    deploy(load, ctx)
    assert world.specs[0].env["OTEL_SERVICE_NAME"] == "shown"


def test_spans_carry_agent_provider_image_and_step_and_no_secret(world, load, ctx, environ, capfd):
    environ["OTEL_TRACES_EXPORTER"] = "console"
    world.health = {"status": "sick of canary-key-123456"}
    deploy(load, ctx)
    text = capfd.readouterr().err
    assert "canary" not in text
    decoder, spans = json.JSONDecoder(), []
    while text := text.strip():
        span, end = decoder.raw_decode(text)
        spans.append(span)
        text = text[end:]
    names = [span["name"] for span in spans]
    assert names == [*(f"holodeck.deploy.{step}" for step in DEPLOY), "holodeck.deploy"]
    root = spans[-1]["context"]["span_id"]
    for step, span in zip(DEPLOY, spans, strict=False):
        assert span["parent_id"] == root
        assert span["attributes"].items() >= {"step": step, "agent": "greeter", "provider": "local"}.items()
    assert spans[4]["attributes"]["error.type"] == "unhealthy"
