"""Build and push of a run, with a real engine and a real registry; the target is the tests' own."""

from __future__ import annotations

import json
import subprocess
import uuid
from dataclasses import replace

import pytest

from holodeck_tui.core.events import Notice, StepFinished
from holodeck_tui.deployers import catalog
from holodeck_tui.deployers.base import Needs
from holodeck_tui.image.registry import Registry
from holodeck_tui.pipeline.api import BUILD, DEPLOY, PUSH, RUN, RunOptions, destroy, plan, run
from holodeck_tui.state.folder import StateFolder
from holodeck_tui.state.lock import Key
from holodeck_tui.state.records import Records
from tests.unit.pipeline.thread_deployer import ThreadDeployer, World

pytestmark = [pytest.mark.integration, pytest.mark.docker]


@pytest.fixture
def world(monkeypatch):
    made = World()
    made.needs = Needs(image=True, registry=True, platform="linux/amd64")
    monkeypatch.setattr(ThreadDeployer, "world", made, raising=False)
    monkeypatch.setitem(catalog.OURS, "local", "tests.unit.pipeline.thread_deployer:ThreadDeployer")
    yield made
    made.close()


@pytest.fixture
def agent(folder, registry, small_base):
    """An agent with a repository of its own; whatever is built of it is removed."""
    name = f"greeter-{uuid.uuid4().hex[:8]}"
    (folder / "agent.yaml").write_text(
        f"name: {name}\nmodel: {{provider: ollama, name: llama3}}\ninstructions: {{file: prompt.md}}\n"
        f"deployment:\n  registry: {{url: '{registry}', repository: team/{name}}}\n"
        "  target: {provider: aws, aws: {region: eu-west-1}}\n"
    )
    (folder / "deploy.yaml").write_text(f"image: {{base: '{small_base}'}}\nhealth: {{timeout: 2}}\n")
    yield name
    listed = subprocess.run(
        ["docker", "images", "-q", "--filter", f"label=com.holodeck.agent={name}"],
        capture_output=True,
        text=True,
        check=True,
    )
    for image in set(listed.stdout.split()):
        subprocess.run(["docker", "rmi", "-f", image], capture_output=True, check=False)


def finished(events) -> dict[str, StepFinished]:
    return {event.step: event for event in events if isinstance(event, StepFinished)}


def build_record(folder, agent):
    return Records(StateFolder(folder), print).get(Key(agent, None, "local")).build


def test_a_deploy_builds_pushes_and_runs_the_digest_and_then_skips_what_is_done(
    world, agent, load, ctx, events, folder, registry
):
    result = run(load(), DEPLOY, RunOptions(), ctx)
    assert result.ok, result.error
    assert result.image.in_registry
    assert world.specs[-1].image == result.image
    with Registry(registry, None, ctx) as client:
        assert client.exists(result.image.pinned) == result.image.digest
    assert not finished(events)["build"].skipped
    assert not finished(events)["push"].skipped

    made = plan(load(), RunOptions(), ctx)
    assert {step.step: step.action for step in made.steps}["push"] == "skip"
    assert made.up_to_date, made

    events.clear()
    again = run(load(), DEPLOY, RunOptions(), ctx)
    assert again.image == result.image
    assert {name: event.skipped for name, event in finished(events).items()} == {
        "bundle": False, "build": True, "push": True, "run": True, "verify": False
    }  # fmt: skip

    (folder / "prompt.md").write_text("Be kinder.\n")
    made = plan(load(), RunOptions(), ctx)
    assert [step.action for step in made.steps] == ["run"] * 5
    assert "prompt" not in str(made.changes)
    changed = run(load(), DEPLOY, RunOptions(), ctx)
    assert changed.image.digest != result.image.digest


def test_push_and_run_use_the_last_build_and_each_names_what_is_missing(
    world, agent, load, ctx, events, folder, registry
):
    built = run(load(), BUILD, RunOptions(tag="one"), ctx)
    assert built.image.uri == f"{registry}/team/{agent}:one"
    assert not built.image.in_registry
    refused = run(load(), RUN, RunOptions(), ctx)
    assert (refused.exit_code, refused.error.code) == (2, "image-not-pushed")
    assert "run push first" in refused.error.reason

    (folder / "prompt.md").write_text("Changed since.\n")
    pushed = run(load(), PUSH, RunOptions(), ctx)
    assert pushed.ok, pushed.error
    assert pushed.image.uri == built.image.uri
    assert pushed.image.in_registry
    events.clear()
    ran = run(load(), RUN, RunOptions(), ctx)
    assert ran.ok, ran.error
    assert world.specs[-1].image == pushed.image
    assert any("have changed since the last build" in e.text for e in events if isinstance(e, Notice))

    with Registry(registry, None, ctx) as client:
        client.delete(f"team/{agent}", pushed.image.digest)
    gone = run(load(), RUN, RunOptions(), ctx)
    assert gone.error.code == "image-not-pushed"
    again = run(load(), PUSH, RunOptions(), ctx)
    assert again.ok, again.error
    assert run(load(), RUN, RunOptions(), ctx).ok


def test_the_same_files_are_only_tagged_anew(world, agent, load, ctx, events):
    first = run(load(), BUILD, RunOptions(tag="one"), ctx)
    events.clear()
    second = run(load(), BUILD, RunOptions(tag="two"), ctx)
    assert second.image.digest == first.image.digest
    assert finished(events)["build"].skipped
    events.clear()
    run(load(), BUILD, RunOptions(tag="two", no_cache=True), ctx)
    assert not finished(events)["build"].skipped


def test_without_an_engine_auto_takes_layers_and_docker_says_what_is_missing(
    world, agent, load, ctx, environ, events, folder
):
    environ["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    refused = run(load(), DEPLOY, RunOptions(builder="docker"), ctx)
    assert (refused.exit_code, refused.error.code) == (4, "docker-unreachable")
    result = run(load(), DEPLOY, RunOptions(), ctx)
    assert result.ok, result.error
    assert result.image.in_registry
    assert build_record(folder, agent).builder == "layers"
    assert finished(events)["push"].skipped
    events.clear()
    assert run(load(), DEPLOY, RunOptions(), ctx).image == result.image
    assert finished(events)["build"].skipped
    assert plan(load(), RunOptions(), ctx).up_to_date


def test_a_layout_needs_neither_engine_nor_registry_of_the_target(
    world, agent, load, ctx, environ, tmp_path, folder
):
    environ["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    world.needs = replace(world.needs, image=False, registry=False)
    result = run(load(), BUILD, RunOptions(output_layout=tmp_path / "layout"), ctx)
    assert result.ok, result.error
    index = json.loads((tmp_path / "layout" / "index.json").read_text())
    assert index["manifests"][0]["digest"] == result.image.digest
    assert build_record(folder, agent) is None


def test_a_rehearsal_needs_no_engine(world, agent, load, ctx, environ, events):
    environ["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    result = run(load(), DEPLOY, RunOptions(dry_run=True), ctx)
    assert result.ok, result.error
    assert list(finished(events)) == list(DEPLOY)
    assert finished(events)["build"].detail == "would run: never built here"


def test_ctrl_c_during_the_build_leaves_nothing_half_made(world, agent, load, ctx, folder):
    def stop(event):
        if type(event).__name__ == "StepStarted" and event.step == "build":
            ctx.cancel.cancel()

    result = run(load(), DEPLOY, RunOptions(), replace(ctx, emit=stop))
    assert result.exit_code == 130
    assert build_record(folder, agent) is None


def test_destroy_removes_old_images_of_the_registry_and_keeps_the_newest(
    world, agent, load, ctx, events, folder, registry
):
    text = (folder / "deploy.yaml").read_text().replace("image: {", "image: {keep: 2, ")
    (folder / "deploy.yaml").write_text(text)
    digests = []
    for number in range(4):
        (folder / "prompt.md").write_text(f"Be kind {number}.\n")
        result = run(load(), DEPLOY, RunOptions(), ctx)
        assert result.ok, result.error
        digests.append(result.image.digest)
    assert destroy(load(), ctx).ok
    with Registry(registry, None, ctx) as client:
        there = [client.exists(f"{registry}/team/{agent}@{digest}") for digest in digests]
    assert there == [None, None, *digests[2:]]
    told = "\n".join(event.text for event in events if isinstance(event, Notice))
    assert f"@{digests[0]}" in told
    assert "stays: 2 images" in told
