"""Deploying with the real SDK: one upsert, judged by the newest revision, whatever happens on the way."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from typing import Any

import pytest
from google.cloud import run_v2

from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import LogLines, Waiting
from tests.contract.gcp.agents import CANARY, SERVICE, Bench
from tests.contract.gcp.server import Cloud

pytestmark = pytest.mark.contract


def sent(google: Cloud) -> list[dict[str, Any]]:
    return [request for method, request in google.world.requests if method == "UpdateService"]


def fails(bench: Bench, **given: Any) -> DeploymentError:
    with pytest.raises(DeploymentError) as caught:
        bench.deploy(**given)
    return caught.value


def test_a_first_deploy_creates_everything_the_models_say(google: Cloud, bench: Bench) -> None:
    bench.write(
        gcp={"cpu": 2, "memory": "2Gi", "concurrency": 20, "min_instances": 1, "max_instances": 7},
        environment={"GREETING": "hello"},
        overlay={
            "gcp": {"public": True, "service_account": "agent@test-project.iam.gserviceaccount.com", "timeout": 600},
            "health": {"timeout": 60},
        },
    )  # fmt: skip
    done = bench.deploy()
    assert (done.state, done.ref.service_id, done.ref.scope) == (
        "healthy",
        SERVICE,
        "gcp:test-project/us-central1",
    )
    live = google.world.services[SERVICE]
    template, container = live.template, live.template.containers[0]
    assert done.revision == live.latest_ready_revision.rpartition("/")[2]
    assert container.image == bench.spec().image.pinned
    assert "@sha256:" in container.image
    assert (container.ports[0].container_port, template.max_instance_request_concurrency) == (8080, 20)
    assert dict(container.resources.limits) == {"cpu": "2000m", "memory": "2Gi"}
    assert (template.scaling.min_instance_count, template.scaling.max_instance_count) == (1, 7)
    assert template.timeout.total_seconds() == 600
    assert template.service_account == "agent@test-project.iam.gserviceaccount.com"
    assert live.invoker_iam_disabled
    probe = container.startup_probe
    assert (probe.http_get.path, probe.http_get.port) == ("/health", 8080)
    assert probe.period_seconds * probe.failure_threshold == 60
    assert {one.name: one.value for one in container.env}["GREETING"] == "hello"
    assert live.labels["managed-by"] == "holodeck"
    assert live.labels["holodeck-agent"] == "tester"
    assert live.labels["holodeck-version"] == "v1"
    assert bench.spec().bundle.content_hash.startswith(live.labels["holodeck-content-hash"])
    [request] = sent(google)
    assert request["allowMissing"]


def test_what_it_says_while_it_waits(google: Cloud, bench: Bench) -> None:
    google.world.behaviour.seconds = 0.8
    bench.deploy()
    waits = [event.what for event in bench.events if isinstance(event, Waiting)]
    assert waits == ["holodeck-tester to come up"]
    lines = [line for event in bench.events if isinstance(event, LogLines) for line in event.lines]
    assert lines.index("Ready: reconciling - Deploying Revision.") < lines.index("Ready: succeeded")
    assert len(lines) == len(set(lines))


def test_nothing_is_sent_where_nothing_changed(google: Cloud, bench: Bench) -> None:
    first = bench.deploy()
    assert bench.deployer.changes(bench.spec(), bench.ctx) == []
    again = bench.deploy()
    assert again.revision == first.revision
    assert len(sent(google)) == 1
    assert google.world.calls["AddSecretVersion"] == 1


def test_a_change_is_named_by_its_property_and_checked_by_the_vendor(google: Cloud, bench: Bench) -> None:
    bench.write(environment={"GREETING": "hello", "GONE": "1"})
    bench.deploy()
    bench.write(
        gcp={"memory": "1Gi", "max_instances": 3}, environment={"GREETING": "bye"}, prompt="Be brief.",
        overlay={"gcp": {"public": False}},
    )  # fmt: skip
    changes = {one.path: (one.before, one.after) for one in bench.deployer.changes(bench.spec(), bench.ctx)}
    assert changes["memory"] == ("512Mi", "1Gi")
    assert changes["max_instances"] == (100, 3)
    assert changes["public"] == (True, False)
    assert changes["env.GREETING"] == ("hello", "bye")
    assert changes["env.GONE"] == ("1", None)
    assert changes.keys() == {
        "image", "memory", "max_instances", "public", "env.GREETING", "env.GONE", "labels.holodeck-content-hash",
    }  # fmt: skip
    rehearsed = sent(google)[-1]
    assert rehearsed["validateOnly"]
    assert google.world.services[SERVICE].invoker_iam_disabled
    assert len(google.world.revisions[SERVICE]) == 1


def test_the_vendors_own_check_fails_the_plan(google: Cloud, bench: Bench) -> None:
    bench.deploy()
    google.world.control(
        {"fail": {"method": "UpdateService", "code": "INVALID_ARGUMENT", "message": "no GPU"}}
    )
    bench.write(gcp={"memory": "1Gi"})
    with pytest.raises(DeploymentError, match=r"Cloud Run's own check of holodeck-tester failed.*no GPU"):
        bench.deployer.changes(bench.spec(), bench.ctx)


def test_another_tag_of_the_same_image_changes_nothing(bench: Bench) -> None:
    bench.deploy()
    bench.write(registry={"custom_tag": "v2"})
    spec = bench.spec()
    assert spec.image is not None
    spec = dataclasses.replace(
        spec,
        image=dataclasses.replace(spec.image, uri=spec.image.uri.replace(":v1", ":v2")),
        tags={**spec.tags, "version": "v2"},
    )
    assert bench.deployer.changes(spec, bench.ctx) == []


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [
        ("crash", "unhealthy", "HEALTH_CHECK_CONTAINER_ERROR"),
        ("deadline", "unhealthy", "PROGRESS_DEADLINE_EXCEEDED"),
        ("missing", "image-pull", "CONTAINER_MISSING"),
        ("denied", "image-pull", "CONTAINER_PERMISSION_DENIED"),
        ("secrets", "permission-denied", "SECRETS_ACCESS_CHECK_FAILED"),
    ],
)
def test_a_revision_that_does_not_come_up_leaves_the_old_one_serving(
    google: Cloud, bench: Bench, outcome: str, code: str, said: str
) -> None:
    first = bench.deploy()
    google.world.control({"outcome": outcome})
    bench.write(prompt="Be bad.")
    error = fails(bench)
    assert error.code == code
    assert said in error.reason
    assert error.details[-1] == f"The revision before it, {first.revision}, still serves."
    assert error.remedy
    status = bench.deployer.get_status(first.ref, bench.ctx)
    assert status.state == "degraded"
    assert status.revision == first.revision
    assert said in status.detail
    assert status.image_uri == first.image.pinned


def test_the_containers_last_lines_stand_in_the_error(google: Cloud, bench: Bench) -> None:
    google.world.control({"outcome": "crash"})
    error = fails(bench)
    assert "RuntimeError: no such model" in error.details
    status = bench.deployer.get_status(bench.deployer.find(bench.settings(), bench.ctx), bench.ctx)
    assert status.state == "failed"
    assert "RuntimeError: no such model" in status.detail


def test_deploying_again_after_a_failure_makes_a_new_revision_of_the_same_template(
    google: Cloud, bench: Bench
) -> None:
    google.world.control({"outcome": "crash"})
    fails(bench)
    assert [one.path for one in bench.deployer.changes(bench.spec(), bench.ctx)] == ["state"]
    google.world.control({"outcome": "ok"})
    assert bench.deploy().state == "healthy"
    assert len(google.world.revisions[SERVICE]) == 2


def test_a_cut_line_in_the_middle_does_not_send_it_twice(google: Cloud, bench: Bench) -> None:
    google.world.control({"fail": {"method": "UpdateService", "after": True}})
    assert bench.deploy().state == "healthy"
    assert len(sent(google)) == 1
    assert len(google.world.revisions[SERVICE]) == 1


def test_a_line_cut_before_it_arrived_is_sent_again(google: Cloud, bench: Bench) -> None:
    google.world.control({"fail": {"method": "UpdateService", "times": 2}})
    assert bench.deploy().state == "healthy"
    assert len(google.world.revisions[SERVICE]) == 1


def test_the_wait_goes_on_with_the_same_operation_over_faults(google: Cloud, bench: Bench) -> None:
    google.world.behaviour.seconds = 0.8
    google.world.control({"fail": {"method": "GetOperation", "times": 2}})
    google.world.control({"fail": {"method": "GetService", "times": 1}})
    google.world.control({"fail": {"method": "GetOperation", "code": "RESOURCE_EXHAUSTED",
                                   "message": "Quota exceeded: requests per minute"}})  # fmt: skip
    assert bench.deploy().state == "healthy"
    asked = {request["name"] for method, request in google.world.requests if method == "GetOperation"}
    assert len(asked) == 1
    assert len(sent(google)) == 1


def test_a_killed_runs_update_is_waited_for_and_not_repeated(google: Cloud, bench: Bench) -> None:
    google.world.behaviour.seconds = 1.0
    killed = Bench(bench.folder, bench.environ)

    def stop() -> None:
        while not sent(google):
            time.sleep(0.01)
        killed.cancel.cancel()

    threading.Thread(target=stop).start()
    with pytest.raises(Cancelled) as stopped:
        killed.deploy()
    assert any("Cloud Run goes on" in line for line in stopped.value.details)
    assert bench.deploy().state == "healthy"
    assert len(sent(google)) == 1
    waits = [event.what for event in bench.events if isinstance(event, Waiting)]
    assert waits == ["the change of holodeck-tester that is under way"]


def test_a_busy_service_is_waited_for(google: Cloud, bench: Bench) -> None:
    bench.deploy()
    google.world.control({"fail": {"method": "UpdateService", "code": "ABORTED", "times": 2,
                                   "message": "Conflict for resource 'holodeck-tester': version '1'"}})  # fmt: skip
    bench.write(prompt="Other.")
    assert bench.deploy().state == "healthy"


def test_who_is_busy_is_said(google: Cloud, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holodeck_tui.deployers.gcp.rollout._BUSY_SECONDS", 0.5)
    bench.deploy()
    google.world.control({"fail": {"method": "UpdateService", "code": "ABORTED", "times": 99,
                                   "message": "Conflict for resource 'holodeck-tester'"}})  # fmt: skip
    bench.write(prompt="Other.")
    error = fails(bench)
    assert error.code == "busy"
    assert error.details == ("The last change of it was made by deployer@example.com.",)


def test_a_stuck_operation_ends_with_the_deadline(
    google: Cloud, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holodeck_tui.deployers.gcp.upsert._AROUND", 0.0)
    google.world.behaviour.seconds = 3600
    bench.write(overlay={"gcp": {"public": True}, "health": {"timeout": 0.6}})
    error = fails(bench)
    assert error.code == "timeout"
    assert "holodeck-tester to come up" in error.message
    assert "Cloud Run goes on with it" in error.remedy


def test_what_is_read_too_early_is_not_believed(google: Cloud, bench: Bench) -> None:
    google.world.behaviour.stale = 1.0
    first = bench.deploy()
    assert first.state == "healthy"
    bench.write(prompt="Other.")
    second = bench.deploy()
    assert second.state == "healthy"
    assert second.revision != first.revision


def test_a_service_of_somebody_else_is_left_alone(google: Cloud, bench: Bench) -> None:
    bench.deploy()
    live = google.world.services[SERVICE]
    live.labels = {"team": "other"}
    before = run_v2.Service(live)
    error = fails(bench)
    assert error.code == "deploy-failed"
    assert "did not make" in error.reason
    assert google.world.services[SERVICE] == before
    assert bench.deployer.find(bench.settings(), bench.ctx) is None


def test_traffic_from_deploy_yaml(google: Cloud, bench: Bench) -> None:
    first = bench.deploy()
    bench.write(
        prompt="Canary.",
        overlay={"gcp": {"public": True, "traffic": {first.revision: 90, "latest": 10}}},
    )
    bench.deploy()
    split = {one.revision or "latest": one.percent for one in google.world.services[SERVICE].traffic}
    assert split == {first.revision: 90, "latest": 10}
    assert bench.deployer.changes(bench.spec(), bench.ctx) == []


def test_environments_are_services_of_their_own(google: Cloud, bench: Bench) -> None:
    bench.write(overlay={"gcp": {"public": True}, "environments": {"staging": {}}})
    bench.deploy()
    staged = bench.deploy(environment="staging")
    assert staged.ref.name == "holodeck-tester--staging"
    assert staged.ref.environment == "staging"
    assert len(google.world.services) == 2


def test_the_secret_goes_to_the_store_and_nowhere_else(google: Cloud, bench: Bench) -> None:
    bench.deploy()
    bench.deployer.changes(bench.spec(), bench.ctx)
    bench.deployer.get_status(bench.deployer.find(bench.settings(), bench.ctx), bench.ctx)
    elsewhere = [one for one in google.world.requests if one[0] != "AddSecretVersion"]
    assert CANARY not in json.dumps(elsewhere)
    assert CANARY not in bench.told
    assert CANARY not in repr(bench.journal.lines)
    assert [CANARY.encode()] in google.world.payloads.values()
    notes = [name for name, _ in bench.journal.lines]
    assert notes == ["store secret", "store secret: done", "update service", "update service: done"]
