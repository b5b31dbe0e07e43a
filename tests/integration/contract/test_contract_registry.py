"""build, push and run from the last recorded build, to real registries and a third party's target."""

from __future__ import annotations

import base64
import json
import re
import urllib.request

import pytest

from tests.integration.contract.conftest import PASSWORD, USER, Project, Registries

pytestmark = [pytest.mark.integration, pytest.mark.docker]

LOGIN = {"HOLODECK_REGISTRY_USERNAME": USER, "HOLODECK_REGISTRY_PASSWORD": PASSWORD}
DIGEST = r"sha256:[0-9a-f]{64}"


@pytest.fixture
def deployed(acme: Project, registries: Registries) -> Project:
    """An agent for the open registry and the target ``acme``."""
    acme.section(registries.open)
    acme.write("deploy.yaml", json.dumps({"target": "acme", "image": {"base": registries.base}}))
    return acme


def steps(ended) -> list[tuple[str, bool]]:
    return [(line["step"], line["skipped"]) for line in ended.lines if line["event"] == "step.finished"]


@pytest.mark.parametrize("builder", ["docker", "layers"])
def test_build_push_and_run_follow_the_last_recorded_build(
    deployed: Project, registries: Registries, builder: str
) -> None:
    uri = f"{registries.open}/{deployed.repository}:one"
    for name, needed in (("push", "build"), ("run", "build")):
        early = deployed.call(name, "--output", "json")
        assert (early.code, early.result["error"]["code"]) == (2, "image-not-built")
        assert early.result["error"]["remedy"] == f"holodeck-deploy-tui {needed}"

    built = deployed.call("build", "--builder", builder, "--tag", "one", "-q")
    assert (built.code, built.out) == (0, f"{uri}\n"), built.err
    assert built.err == ""
    if builder == "docker":
        unpushed = deployed.call("run", "--output", "json")
        assert (unpushed.code, unpushed.result["error"]["code"]) == (2, "image-not-pushed")
        assert "run push first" in unpushed.result["error"]["message"]

    pushed = deployed.call("push", "-q")
    assert pushed.code == 0, pushed.err
    assert re.fullmatch(rf"{registries.open}/{deployed.repository}@{DIGEST}\n", pushed.out)
    again = deployed.call("push", "--output", "json")
    assert steps(again) == [("push", True)]
    assert again.result["image"] == {"uri": uri, "digest": pushed.out.strip().rpartition("@")[2]}
    assert again.result["deployment"] is None

    # A change after the build is told, and what was built is what runs.
    deployed.write("instructions/prompt.md", "You help more.\n")
    ran = deployed.call("run", "--output", "json")
    assert ran.code == 0, ran.err
    assert "changed since the last build" in ran.err
    assert [step for step, _ in steps(ran)] == ["bundle", "run", "verify"]
    assert ran.result["image"] == again.result["image"]
    found = ran.result["deployment"]
    assert set(found) == {"provider", "service_id", "service_name", "url", "state", "revision"}
    assert (found["provider"], found["state"]) == ("acme", "healthy")
    with urllib.request.urlopen(found["url"] + "/health", timeout=10) as answer:
        assert json.load(answer)["status"] == "healthy"

    gone = deployed.call("destroy", "--yes", "-q")
    assert (gone.code, gone.out) == (0, "deleted\n")


def test_deploy_is_the_whole_way_and_scopes_are_remembered(deployed: Project) -> None:
    first = deployed.call("--no-ui", "--output", "json", "--builder", "layers")
    assert first.code == 0, first.err
    order = [line["step"] for line in first.lines if line["event"] == "step.started"]
    assert order == ["bundle", "build", "push", "run", "verify"]
    assert all(set(line) >= {"event", "time"} for line in first.lines)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in first.lines)

    url = first.result["deployment"]["url"]
    assert deployed.call("status", "-q").out == "healthy\n"
    status = deployed.call("status", "--output", "json").document
    assert (status["url"], status["provider"]) == (url, "acme")
    # From a folder without an agent the target is found again by its remembered scope.
    away = deployed.folder.parent / "away"
    away.mkdir()
    listed = deployed.call("list", "--output", "json", cwd=away).document
    assert [found for found in listed["deployments"] if found["service_name"] == status["service_name"]]
    plan = deployed.call("plan", "--output", "json", "--exit-code")
    assert plan.document["source"] == "record"

    for words in (("rollback", "--yes"), ("pause",), ("resume",)):
        refused = deployed.call(*words, "--output", "json")
        error = refused.result["error"] if words[0] == "rollback" else refused.document["error"]
        assert (refused.code, error["code"]) == (2, "unsupported")

    broken = deployed.call("run", "--output", "json", env={"ACME_REFUSE": "the yard is full"})
    assert broken.code == 3
    assert broken.result["error"]["code"] == "deploy-failed"
    (failed,) = (line for line in broken.lines if line["event"] == "step.failed")
    assert set(failed) == {"event", "time", "step", "error"}
    assert set(failed["error"]) == {"code", "message", "remedy"}
    assert deployed.call("destroy", "--yes", "--output", "json").result["deployment"]["state"] == "missing"


def test_a_registry_with_a_password(acme: Project, registries: Registries, tmp_path_factory) -> None:
    acme.section(registries.locked)
    acme.write("deploy.yaml", json.dumps({"target": "acme", "image": {"base": registries.base}}))
    without = acme.call("build", "--builder", "layers", "--output", "json")
    assert (without.code, without.result["error"]["code"]) == (4, "registry-unauthorized")
    wrong = acme.call(
        "build", "--builder", "layers", "--output", "json", env={**LOGIN, "HOLODECK_REGISTRY_PASSWORD": "no"}
    )
    assert (wrong.code, wrong.result["error"]["code"]) == (4, "registry-unauthorized")
    assert acme.call("build", "--builder", "layers", "-q", env=LOGIN).code == 0

    config = tmp_path_factory.mktemp("docker")
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (config / "config.json").write_text(json.dumps({"auths": {registries.locked: {"auth": auth}}}))
    by_file = acme.call(
        "build", "--builder", "layers", "--tag", "two", "-v", env={"DOCKER_CONFIG": str(config)}
    )
    assert by_file.code == 0, by_file.err
    acme.write(
        "agent.yaml",
        (acme.folder / "agent.yaml")
        .read_text()
        .replace("registry: {", "registry: {credentials_env_prefix: OWN, "),
    )
    own = {"OWN_USERNAME": USER, "OWN_PASSWORD": PASSWORD}
    prefixed = acme.call("build", "--builder", "layers", "--tag", "three", "-v", env=own)
    assert prefixed.code == 0, prefixed.err
    assert PASSWORD not in "".join(one.out + one.err for one in (without, wrong, by_file, prefixed))


def test_a_mirror_takes_the_traffic_and_the_name_stays(acme: Project, registries: Registries) -> None:
    host = "registry.example.test"
    acme.section(host)
    base = registries.base.replace(registries.open, host, 1)
    acme.write("deploy.yaml", json.dumps({"target": "acme", "image": {"base": base}}))
    mirror = {"HOLODECK_REGISTRY_ENDPOINTS": f"{host}=http://{registries.open}"}
    built = acme.call("build", "--builder", "layers", "--tag", "m", "-q", env=mirror)
    assert (built.code, built.out) == (0, f"{host}/{acme.repository}:m\n"), built.err
    pushed = acme.call("push", "-q", env=mirror)
    assert re.fullmatch(rf"{host}/{acme.repository}@{DIGEST}\n", pushed.out)
    plain = acme.call(
        "push", "--output", "json", env={"HOLODECK_REGISTRY_ENDPOINTS": f"{host}=http://10.0.0.1"}
    )
    assert plain.code == 0, "the last build is recorded as pushed: no traffic is needed"
    refused = acme.call(
        "build", "--tag", "n", "--builder", "layers", "--output", "json",
        env={"HOLODECK_REGISTRY_ENDPOINTS": f"{host}=http://10.0.0.1"},
    )  # fmt: skip
    assert (refused.code, refused.result["error"]["code"]) == (2, "config-invalid")


def test_an_oci_layout_instead_of_a_push(deployed: Project) -> None:
    ended = deployed.call("build", "--output-layout", "out", "--tag", "air", "--output", "json")
    assert ended.code == 0, ended.err
    index = json.loads((deployed.folder / "out" / "index.json").read_text())
    assert ended.result["image"]["digest"] == index["manifests"][0]["digest"]
    # A folder is no build that push could send.
    assert deployed.call("push", "--output", "json").result["error"]["code"] == "image-not-built"
    clash = deployed.call("build", "--output-layout", "out", "--builder", "docker", "--output", "json")
    assert (clash.code, clash.result["error"]["code"]) == (2, "usage")
