"""The servers themselves: they refuse what the vendor's published model does not allow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2, secretmanager_v1

from holodeck_tui.deployers.gcp.client import Clients
from tests.contract.gcp.agents import HOST, PROJECT, REGION, SERVICE, Bench
from tests.contract.gcp.model import answer_flaws, request_flaws

pytestmark = pytest.mark.contract


def good() -> run_v2.Service:
    return run_v2.Service(
        name=SERVICE,
        template=run_v2.RevisionTemplate(
            containers=[
                run_v2.Container(
                    image=f"{HOST}/p/r/a@sha256:{'0' * 64}",
                    ports=[run_v2.ContainerPort(container_port=8080)],
                    resources=run_v2.ResourceRequirements(limits={"cpu": "1", "memory": "512Mi"}),
                )
            ]
        ),
    )


def test_a_good_one_is_taken(bench: Bench) -> None:
    client = Clients(bench.ctx).services
    operation = client.update_service(request={"service": good(), "allow_missing": True})
    assert operation.result(timeout=20).terminal_condition.state.name == "CONDITION_SUCCEEDED"


def cpu(amount: str, memory: str, concurrency: int = 0) -> Callable[[run_v2.Service], None]:
    def change(service: run_v2.Service) -> None:
        service.template.containers[0].resources.limits = {"cpu": amount, "memory": memory}
        service.template.max_instance_request_concurrency = concurrency

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: setattr(one, "uri", "https://x"), "uri is output only"),
        (lambda one: setattr(one, "latest_ready_revision", "x"), "latestReadyRevision is output only"),
        (lambda one: setattr(one, "template", None), "template is required"),
        (lambda one: setattr(one.template.containers[0], "image", ""), "image is required"),
        (lambda one: setattr(one, "name", SERVICE.replace("holodeck-tester", "Bad_Name")), "lower-case"),
        (lambda one: setattr(one, "name", f"{SERVICE}-{'x' * 40}"), "up to 49"),
        (lambda one: setattr(one, "name", "services/x"), "name 'services/x' is not"),
        (lambda one: one.labels.update({"Team": "x"}), "key 'Team'"),
        (lambda one: one.labels.update({"team": "X Y"}), "value 'X Y'"),
        (lambda one: one.labels.update({"run.googleapis.com/x": "y"}), "key 'run.googleapis.com/x'"),
        (lambda one: one.annotations.update({"run.googleapis.com/x": "y"}), "reserved namespace"),
        (lambda one: setattr(one.template.containers[0], "image", "ghcr.io/me/a:1"), "Expected an image path"),
        (lambda one: setattr(one.template.containers[0], "env", [run_v2.EnvVar(name="PORT", value="1")]), "PORT"),
        (lambda one: setattr(one, "traffic", [run_v2.TrafficTarget(type_=1, percent=90)]), "do not make 100"),
        (lambda one: setattr(one, "traffic", [run_v2.TrafficTarget(type_=2, percent=100, revision="no")]), "not found"),
        (cpu("1", "8Gi"), "8Gi with 1 CPU"),
        (cpu("4", "1Gi"), "1Gi with 4 CPU"),
        (cpu("3", "4Gi"), "limits.cpu: 3"),
        (cpu("500m", "512Mi", 80), "must be 1 with less than 1 CPU"),
    ],
)  # fmt: skip
def test_what_the_vendor_refuses_is_refused(bench: Bench, change: Any, said: str) -> None:
    service = good()
    change(service)
    with pytest.raises(exceptions.InvalidArgument) as caught:
        Clients(bench.ctx).services.update_service(request={"service": service, "allow_missing": True})
    assert said in caught.value.message


def test_a_listing_over_all_locations_is_refused(bench: Bench) -> None:
    client = Clients(bench.ctx).services
    with pytest.raises(exceptions.InvalidArgument):
        list(client.list_services(parent=f"projects/{PROJECT}/locations/-"))


def test_what_is_not_there_is_not_found(bench: Bench) -> None:
    clients = Clients(bench.ctx)
    with pytest.raises(exceptions.NotFound):
        clients.services.get_service(name=SERVICE)
    with pytest.raises(exceptions.NotFound):
        clients.services.update_service(request={"service": good()})
    with pytest.raises(exceptions.NotFound):
        clients.revisions.get_revision(name=f"{SERVICE}/revisions/x")
    with pytest.raises(exceptions.NotFound):
        clients.secrets.get_secret(name=f"projects/{PROJECT}/secrets/x")


def test_a_filter_that_nobody_knows_is_refused(bench: Bench) -> None:
    request = {"resource_names": [f"projects/{PROJECT}"], "filter": "severity>ERROR"}
    with pytest.raises(exceptions.InvalidArgument):
        list(Clients(bench.ctx).logging.list_log_entries(request=request))


def test_the_model_is_the_vendors_own() -> None:
    empty = secretmanager_v1.Secret.pb(secretmanager_v1.Secret(name="x"))
    assert request_flaws(empty) == ["name is output only"]
    assert answer_flaws(empty) == []
    unknown = run_v2.Service.pb(run_v2.Service(name=f"projects/p/locations/{REGION}/services/x"))
    assert request_flaws(unknown) == ["template is required"]


def test_it_is_a_command_that_prints_what_to_set() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contract.gcp"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(5)]
    process.terminate()
    assert process.wait(60) == 0
    assert lines[0].startswith("export CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN=http://127.0.0.1:")
    assert "/control" in lines[4]
