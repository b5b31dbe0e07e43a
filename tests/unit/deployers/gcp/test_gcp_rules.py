"""Rules of Cloud Run's target that need no socket: names, labels, sizes, judgement."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from google.cloud import run_v2
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.gcp.changes import differences, is_held
from holodeck_tui.deployers.gcp.names import Place, label, labels, place_of_scope, secret_id, service_name
from holodeck_tui.deployers.gcp.secrets import SecretRef, parse_ref
from holodeck_tui.deployers.gcp.status import judged, serving_revision
from holodeck_tui.deployers.gcp.template import cpu_limit

pytestmark = pytest.mark.unit

State = run_v2.Condition.State
NAME = "projects/p/locations/us-central1/services/a"
PLACE = Place("test-project", "us-central1")


@given(
    st.text(min_size=1, max_size=80),
    st.none() | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", fullmatch=True),
)
def test_a_name_is_one_that_cloud_run_and_secret_manager_take(agent: str, environment: str | None) -> None:
    name = service_name(agent, environment)
    assert re.fullmatch(r"[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?", name)
    assert name == service_name(agent, environment)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,255}", secret_id(name, "OPENAI_API_KEY"))


@given(st.text(max_size=120))
def test_a_label_is_one_that_is_taken(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]{0,63}", label(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("My Agent", None), ("my-agent", None)),
        (("my_agent", None), ("my-agent", None)),
        (("a", "b"), ("a-b", None)),
        (("a--b", None), ("a", "b")),
        (("x" * 60, None), ("x" * 61, None)),
        (("a", "prod"), ("a", "Prod")),
    ],
)
def test_different_agents_have_different_names(one: tuple[str, Any], other: tuple[str, Any]) -> None:
    assert service_name(*one) != service_name(*other)


def test_plain_names_stay_readable() -> None:
    assert service_name("ticket-routing", None) == "holodeck-ticket-routing"
    assert service_name("ticket-routing", "staging") == "holodeck-ticket-routing--staging"


def test_the_content_hash_fits_a_label() -> None:
    found = labels({"managed-by": "holodeck", "agent": "A b", "content-hash": "f" * 64}, "s")
    assert found["managed-by"] == "holodeck"
    assert found["holodeck-service"] == "s"
    assert found["holodeck-content-hash"] == "f" * 32
    assert all(len(value) <= 63 for value in found.values())


def test_a_scope_is_a_project_and_a_location() -> None:
    place = place_of_scope("gcp:my-project/europe-west1")
    assert (place.parent, place.scope) == (
        "projects/my-project/locations/europe-west1",
        "gcp:my-project/europe-west1",
    )


@pytest.mark.parametrize(
    ("text", "secret", "version"),
    [
        ("mine", "mine", "latest"),
        ("mine:3", "mine", "3"),
        ("projects/test-project/secrets/mine", "mine", "latest"),
        ("projects/test-project/secrets/mine/versions/7", "mine", "7"),
        ("projects/other/secrets/mine/versions/latest", "projects/other/secrets/mine", "latest"),
    ],
)
def test_references_to_secrets(text: str, secret: str, version: str) -> None:
    assert parse_ref("X", text, PLACE) == SecretRef(secret, version)


@pytest.mark.parametrize(
    "text", ["", "arn:aws:secretsmanager:eu:1:secret:x", "a b", "projects/p/secrets/", "a/b"]
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        parse_ref("X", text, PLACE)
    assert caught.value.code == "config-invalid"


@pytest.mark.parametrize(("vcpus", "limit"), [("1", "1"), ("0.5", "500m"), ("0.08", "80m"), ("8", "8")])
def test_cpu_in_cloud_runs_words(vcpus: str, limit: str) -> None:
    assert cpu_limit(Decimal(vcpus)) == limit


def service(
    state: Any = State.CONDITION_SUCCEEDED,
    *,
    created: str = "a-1",
    ready: str = "a-1",
    reconciling: bool = False,
    held: dict[str, int] | None = None,
    **fields: Any,
) -> run_v2.Service:
    kind = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
    split = [{"type_": kind, "revision": name, "percent": part} for name, part in (held or {}).items()]
    return run_v2.Service(
        name=NAME,
        latest_created_revision=f"{NAME}/revisions/{created}" if created else "",
        latest_ready_revision=f"{NAME}/revisions/{ready}" if ready else "",
        reconciling=reconciling,
        terminal_condition=run_v2.Condition(type_="Ready", state=state, message="why"),
        traffic=split,
        traffic_statuses=split,
        **fields,
    )


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (service(), "healthy"),
        (service(reconciling=True), "deploying"),
        (service(generation=3, observed_generation=2), "deploying"),
        (service(State.CONDITION_PENDING, ready=""), "deploying"),
        # "Succeeded" is the service's word alone: what is newest does not serve.
        (service(created="a-2"), "degraded"),
        (service(State.CONDITION_FAILED, created="a-2"), "degraded"),
        (service(State.CONDITION_FAILED, ready=""), "failed"),
        (service(State.CONDITION_FAILED), "unhealthy"),
        (service(State.CONDITION_FAILED, created="a-2", held={"a-1": 100}), "healthy"),
        (service(scaling={"scaling_mode": "MANUAL", "manual_instance_count": 0}), "stopped"),
        (service(State.STATE_UNSPECIFIED, created="", ready=""), "unknown"),
    ],
)
def test_the_judgement(found: run_v2.Service, state: str) -> None:
    assert judged(found)[0] == state


def test_what_serves_is_named() -> None:
    assert serving_revision(service(created="a-2")) == "a-1"
    assert serving_revision(service(created="a-3", held={"a-1": 80, "a-2": 20})) == "a-1"
    assert is_held(service(held={"a-1": 100}))
    assert not is_held(service())


def template(**limits: str) -> run_v2.Service:
    return run_v2.Service(
        name=NAME,
        template=run_v2.RevisionTemplate(
            timeout=timedelta(seconds=300),
            containers=[
                run_v2.Container(image="i", resources={"limits": limits}, ports=[{"container_port": 8080}])
            ],
        ),
    )


@pytest.mark.parametrize(
    ("live", "wanted"),
    [
        ({"cpu": "1000m", "memory": "512Mi"}, {"cpu": "1", "memory": "512Mi"}),
        ({"cpu": "1", "memory": "1024Mi"}, {"cpu": "1", "memory": "1Gi"}),
        ({"cpu": "0.5", "memory": "512Mi"}, {"cpu": "500m", "memory": "0.5Gi"}),
    ],
)
def test_other_spellings_of_the_same_size_are_no_change(live: dict[str, str], wanted: dict[str, str]) -> None:
    assert differences(template(**live), template(**wanted)) == []


def test_what_google_fills_in_is_no_change_and_what_a_user_changed_is() -> None:
    live, wanted = template(cpu="1", memory="512Mi"), template(cpu="1", memory="512Mi")
    live.template.service_account = "123456-compute@developer.gserviceaccount.com"
    live.template.scaling.max_instance_count = 100
    live.template.max_instance_request_concurrency = 80
    live.labels["added-by"] = "somebody"
    assert differences(live, wanted) == []
    live.template.service_account = "mine@p.iam.gserviceaccount.com"
    assert [one.path for one in differences(live, wanted)] == ["service_account"]
