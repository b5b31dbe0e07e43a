"""What is there afterwards: secrets, revisions, listings, removal."""

from __future__ import annotations

import time

import pytest
from google.cloud import run_v2
from google.iam.v1 import policy_pb2

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.base import LogQuery, Restrictable
from tests.contract.gcp.agents import CANARY, PROJECT, REGION, SCOPE, SERVICE, Bench
from tests.contract.gcp.server import Cloud
from tests.contract.gcp.world import number_of

pytestmark = pytest.mark.contract

KEY = f"projects/{PROJECT}/secrets/holodeck-tester-OPENAI_API_KEY"


def secret_of(google: Cloud, name: str) -> tuple[str, str]:
    for one in google.world.services[SERVICE].template.containers[0].env:
        if one.name == name:
            key = one.value_source.secret_key_ref
            return key.secret, key.version
    raise AssertionError(name)


def test_a_rotated_value_is_a_new_version_and_a_new_revision(google: Cloud, bench: Bench) -> None:
    first = bench.deploy()
    assert secret_of(google, "OPENAI_API_KEY") == ("holodeck-tester-OPENAI_API_KEY", "1")
    bench.environ["OPENAI_API_KEY"] = "canary-second-value"
    [change] = bench.deployer.changes(bench.spec(), bench.ctx)
    assert (change.path, change.before, change.after) == ("env.OPENAI_API_KEY", "***", "***")
    second = bench.deploy()
    assert second.revision != first.revision
    assert secret_of(google, "OPENAI_API_KEY")[1] == "2"
    assert google.world.payloads[KEY] == [CANARY.encode(), b"canary-second-value"]


def test_a_rollback_after_a_rotation_runs_with_the_value_it_had(google: Cloud, bench: Bench) -> None:
    bench.deploy()
    bench.environ["OPENAI_API_KEY"] = "canary-second-value"
    done = bench.deploy()
    back = bench.deployer.rollback(done.ref, None, bench.ctx)
    revision = next(one for one in google.world.revisions[SERVICE] if one.name.endswith(str(back.revision)))
    versions = [
        one.value_source.secret_key_ref.version for one in revision.containers[0].env if one.value_source
    ]
    assert versions == ["1"]


def test_only_the_services_account_may_read_it_and_it_is_tagged(google: Cloud, bench: Bench) -> None:
    bench.deploy()
    member = f"serviceAccount:{number_of(PROJECT)}-compute@developer.gserviceaccount.com"
    [binding] = google.world.policies[KEY].bindings
    assert (binding.role, [*binding.members]) == ("roles/secretmanager.secretAccessor", [member])
    labels = google.world.secrets[KEY].labels
    assert (labels["managed-by"], labels["holodeck-service"]) == ("holodeck", "holodeck-tester")


def test_who_may_already_read_it_is_kept(google: Cloud, bench: Bench) -> None:
    bench.deploy()
    policy = policy_pb2.Policy(etag=b"7")
    policy.bindings.add(role="roles/secretmanager.secretAccessor", members=["user:eve@example.com"])
    google.world.policies[KEY] = policy
    bench.environ["OPENAI_API_KEY"] = "canary-second-value"
    bench.deploy()
    members = {one for binding in google.world.policies[KEY].bindings for one in binding.members}
    assert len(members) == 2
    assert "user:eve@example.com" in members


def test_references_and_listed_secrets_stand_in_no_plain_variable(google: Cloud, bench: Bench) -> None:
    bench.environ |= {"DB_PASSWORD": "canary-db-pass", "OTHER": "canary-other-1"}
    bench.write(
        environment={"DATABASE_URL": "postgres://me:${DB_PASSWORD}@db/x", "MODE": "fast"},
        overlay={
            "gcp": {"public": True},
            "secrets": {"LISTED": {"env": "OTHER"}, "STORED": {"ref": f"projects/{PROJECT}/secrets/mine/versions/3"}},
        },
    )  # fmt: skip
    google.world.secrets[f"projects/{PROJECT}/secrets/mine"] = object()
    google.world.payloads[f"projects/{PROJECT}/secrets/mine"] = [b"1", b"2", b"3"]
    google.world.behaviour.strict_secrets = False
    bench.deploy()
    assert secret_of(google, "STORED") == ("mine", "3")
    assert secret_of(google, "LISTED") == ("holodeck-tester-LISTED", "1")
    assert google.world.payloads[f"projects/{PROJECT}/secrets/holodeck-tester-DATABASE_URL"] == [
        b"postgres://me:canary-db-pass@db/x"
    ]
    plain = {
        one.name: one.value for one in google.world.services[SERVICE].template.containers[0].env if one.value
    }
    assert plain["MODE"] == "fast"
    assert not plain.keys() & {"DATABASE_URL", "LISTED", "STORED", "OPENAI_API_KEY"}


def test_a_value_that_looks_like_a_token_is_secret_whatever_its_name_and_an_empty_one_is_plain(
    google: Cloud, bench: Bench
) -> None:
    token = "canary-user:pass-4711"
    bench.environ |= {"BACKEND": f"https://{token}@example.com/", "EMPTY_TOKEN": "", "OPEN_TOKEN": "for-all"}
    bench.write(
        environment={"BACKEND": "${BACKEND}", "NOTHING": "${EMPTY_TOKEN}", "SHOWN": "${OPEN_TOKEN}"},
        overlay={"gcp": {"public": True}, "allow_plain": ["SHOWN"]},
    )
    bench.deploy()
    assert secret_of(google, "BACKEND") == ("holodeck-tester-BACKEND", "1")
    env = google.world.services[SERVICE].template.containers[0].env
    assert token not in str(env)
    assert {one.name: one.value for one in env if one.name in {"NOTHING", "SHOWN"}} == {
        "NOTHING": "",
        "SHOWN": "for-all",
    }
    assert not [name for name in google.world.secrets if "NOTHING" in name]
    assert bench.deployer.changes(bench.spec(), bench.ctx) == []
    assert bench.ctx.redactor.clean(f"it said https://{token}@example.com/") == "it said ***"


def test_a_secret_that_is_not_needed_any_more_is_referenced_no_more(google: Cloud, bench: Bench) -> None:
    bench.environ["OTHER"] = "canary-other-1"
    bench.write(overlay={"gcp": {"public": True}, "secrets": {"EXTRA": {"env": "OTHER"}}})
    bench.deploy()
    bench.write()
    assert [one.path for one in bench.deployer.changes(bench.spec(), bench.ctx)] == ["env.EXTRA"]
    bench.deploy()
    names = {one.name for one in google.world.services[SERVICE].template.containers[0].env}
    assert "EXTRA" not in names


def test_a_secret_that_is_somebody_elses_is_not_written(google: Cloud, bench: Bench) -> None:
    bench.deploy()
    google.world.secrets[KEY].labels = {}
    bench.environ["OPENAI_API_KEY"] = "canary-second-value"
    with pytest.raises(DeploymentError, match="did not make") as caught:
        bench.deploy()
    assert "ref: holodeck-tester-OPENAI_API_KEY" in caught.value.remedy
    assert google.world.payloads[KEY] == [CANARY.encode()]


def test_rollback_goes_to_the_one_before_or_to_a_named_one(google: Cloud, bench: Bench) -> None:
    made = []
    for text in ("one", "two", "three"):
        bench.write(prompt=text)
        made.append(bench.deploy())
    names = [one.revision for one in made]
    back = bench.deployer.rollback(made[-1].ref, None, bench.ctx)
    assert (back.revision, back.state) == (names[1], "healthy")
    assert back.image == made[1].image
    back = bench.deployer.rollback(made[-1].ref, names[2], bench.ctx)
    assert back.revision == names[2]
    found = bench.deployer.revisions(made[-1].ref, bench.ctx)
    assert [one.name for one in found] == names[::-1]
    assert [one.active for one in found] == [True, False, False]


def test_rollback_passes_over_what_never_came_up(google: Cloud, bench: Bench) -> None:
    first = bench.deploy()
    google.world.control({"outcome": "crash"})
    bench.write(prompt="Bad.")
    with pytest.raises(DeploymentError):
        bench.deploy()
    google.world.control({"outcome": "ok"})
    bench.write(prompt="Third.")
    third = bench.deploy()
    failed = bench.deployer.revisions(third.ref, bench.ctx)[1]
    assert failed.detail == "it did not come up"
    with pytest.raises(DeploymentError) as caught:
        bench.deployer.rollback(third.ref, failed.name, bench.ctx)
    assert caught.value.code == "revision-unknown"
    assert bench.deployer.rollback(third.ref, None, bench.ctx).revision == first.revision
    with pytest.raises(DeploymentError, match="there is no revision nope"):
        bench.deployer.rollback(third.ref, "nope", bench.ctx)


def test_after_a_rollback_a_failed_deploy_does_not_bring_back_what_was_left(
    google: Cloud, bench: Bench
) -> None:
    first = bench.deploy()
    bench.write(prompt="Second, and bad.")
    second = bench.deploy()
    bench.deployer.rollback(second.ref, None, bench.ctx)
    google.world.control({"outcome": "crash"})
    bench.write(prompt="Third, and worse.")
    with pytest.raises(DeploymentError):
        bench.deploy()
    assert bench.deployer.get_status(first.ref, bench.ctx).revision == first.revision
    google.world.control({"outcome": "ok"})
    bench.write(prompt="Fourth.")
    fourth = bench.deploy()
    assert bench.deployer.get_status(first.ref, bench.ctx).revision == fourth.revision
    assert bench.deployer.changes(bench.spec(), bench.ctx) == []


def test_a_paused_service_has_no_instances_until_it_is_resumed_or_deployed(
    google: Cloud, bench: Bench
) -> None:
    done = bench.deploy()
    assert bench.deployer.pause(done.ref, bench.ctx).state == "stopped"
    assert bench.deployer.get_status(done.ref, bench.ctx).state == "stopped"
    assert [one.path for one in bench.deployer.changes(bench.spec(), bench.ctx)] == ["state"]
    assert bench.deployer.resume(done.ref, bench.ctx).state == "healthy"
    bench.deployer.pause(done.ref, bench.ctx)
    assert bench.deploy().state == "healthy"
    assert len(google.world.revisions[SERVICE]) == 1


def test_destroy_takes_the_service_and_what_carries_its_tag(google: Cloud, bench: Bench) -> None:
    done = bench.deploy()
    google.world.secrets["projects/test-project/secrets/mine"] = type(google.world.secrets[KEY])()
    planned = bench.deployer.plan_destroy(done.ref, bench.ctx)
    removed = bench.deployer.destroy(done.ref, bench.ctx)
    assert planned.goes == removed.goes
    assert removed.goes == (
        f"Cloud Run service holodeck-tester in {SCOPE}",
        "secret holodeck-tester-OPENAI_API_KEY",
    )
    assert any("log" in text for text in removed.stays)
    assert [*google.world.secrets] == ["projects/test-project/secrets/mine"]
    assert google.world.services == {}
    again = bench.deployer.destroy(done.ref, bench.ctx)
    assert again.goes == ()
    assert bench.deployer.find(bench.settings(), bench.ctx) is None
    assert bench.deployer.get_status(done.ref, bench.ctx).state == "missing"


def test_a_destroy_that_stopped_halfway_is_finished_by_the_next(google: Cloud, bench: Bench) -> None:
    done = bench.deploy()
    google.world.control({"fail": {"method": "DeleteSecret", "code": "PERMISSION_DENIED", "message": "no"}})
    with pytest.raises(DeploymentError):
        bench.deployer.destroy(done.ref, bench.ctx)
    found = bench.deployer.find(bench.settings(), bench.ctx)
    assert found is not None
    bench.deployer.destroy(found, bench.ctx)
    assert google.world.secrets == {}


def test_a_removal_whose_answer_was_lost_is_done(google: Cloud, bench: Bench) -> None:
    done = bench.deploy()
    google.world.behaviour.seconds = 0.0
    google.world.control({"fail": {"method": "DeleteService", "after": True}})
    bench.deployer.destroy(done.ref, bench.ctx)
    assert google.world.services == {}


def test_a_private_service_is_restricted_and_a_public_one_is_not(google: Cloud, bench: Bench) -> None:
    assert isinstance(bench.deployer, Restrictable)
    done = bench.deploy()
    assert not bench.deployer.restricted(done.ref, bench.ctx)
    bench.write(overlay={"gcp": {"public": False}})
    bench.deploy()
    assert bench.deployer.restricted(done.ref, bench.ctx)


def test_list_grows_with_pages_tells_states_and_only_ours(google: Cloud, bench: Bench) -> None:
    done = bench.deploy()
    template = google.world.services[SERVICE]
    for number in range(520):
        copy = run_v2.Service(template)
        copy.name = f"{SERVICE}-{number:03d}"
        copy.annotations["holodeck-agent"] = f"Agent No. {number}"
        google.world.services[copy.name] = copy
    foreign = run_v2.Service(template)
    foreign.name, foreign.labels = f"{SERVICE}-foreign", {}
    google.world.services[foreign.name] = foreign
    google.world.control({"latency": 0.05, "empty_pages": 1, "forget": True})
    started = time.monotonic()
    found = bench.deployer.list(SCOPE, bench.ctx)
    assert time.monotonic() - started < 10, "a call a service would take 26 s"
    # One empty page, 500 and 22: nothing is asked per service.
    assert dict(google.world.calls) == {"ListServices": 3}
    assert len(found) == 521
    assert {one.state for one in found} == {"healthy"}
    assert "Agent No. 7" in {one.ref.agent for one in found}
    ours = next(one for one in found if one.ref.service_id == SERVICE)
    assert (ours.url, ours.revision, ours.image_uri) == (done.url, done.revision, done.image.pinned)


def test_a_listing_takes_one_location(bench: Bench) -> None:
    bench.deploy()
    assert bench.deployer.list(f"gcp:{PROJECT}/europe-west1", bench.ctx) == []
    assert [one.ref.scope for one in bench.deployer.list(f"gcp:{PROJECT}/{REGION}", bench.ctx)] == [SCOPE]


def test_a_listing_that_is_throttled_repeats_shortly(google: Cloud, bench: Bench) -> None:
    bench.deploy()
    google.world.control({"fail": {"method": "ListServices", "code": "RESOURCE_EXHAUSTED",
                                   "message": "Quota exceeded: read requests per minute"}})  # fmt: skip
    assert len(bench.deployer.list(SCOPE, bench.ctx)) == 1


def test_the_log_of_a_revision(bench: Bench) -> None:
    done = bench.deploy()
    lines = [*bench.deployer.stream_logs(done.ref, LogQuery(tail=1), bench.ctx)]
    assert [(one.text, one.source) for one in lines] == [("listening", done.revision)]


def test_what_doctor_looks_at(google: Cloud, bench: Bench) -> None:
    checks = {
        one.name.partition(" ")[2]: one for one in bench.deployer.examine(bench.settings(), None, bench.ctx)
    }
    assert [*checks] == [
        "credentials",
        "Cloud Run",
        "Secret Manager",
        "Cloud Logging",
        "quota",
        "registry",
        "permissions",
    ]
    others = {name: one.status for name, one in checks.items() if one.status != "ok"}
    assert others == {"quota": "skip", "registry": "warn"}
    assert (
        f"gcloud quotas info list --service=run.googleapis.com --project={PROJECT}" in checks["quota"].remedy
    )
    assert bench.deployer.create_repository(bench.settings(), bench.ctx)
    assert not bench.deployer.create_repository(bench.settings(), bench.ctx)
    again = {
        one.name.partition(" ")[2]: one for one in bench.deployer.examine(bench.settings(), None, bench.ctx)
    }
    assert again["registry"].status == "ok"
    google.world.control({"fail": {"method": "ListSecrets", "code": "PERMISSION_DENIED", "times": 9,
                                   "message": "Secret Manager API has not been used in project test-project",
                                   "reason": "SERVICE_DISABLED",
                                   "metadata": {"service": "secretmanager.googleapis.com",
                                                "consumer": "projects/test-project"}}})  # fmt: skip
    looked = bench.deployer.examine(None, SCOPE, bench.ctx)
    failed = [one for one in looked if one.status == "fail"]
    assert [one.remedy for one in failed] == [
        "gcloud services enable secretmanager.googleapis.com --project test-project"
    ]


@pytest.mark.parametrize(
    ("registry", "refused"),
    [
        ({"url": "ghcr.io", "repository": "me/agent"}, "Cloud Run cannot pull from ghcr.io"),
        ({"url": "123.dkr.ecr.eu-west-1.amazonaws.com", "repository": "agent"}, "Cloud Run cannot pull from"),
        ({"url": "localhost:5000", "repository": "agent"}, "Cloud Run cannot pull from localhost:5000"),
        ({"url": "us-docker.pkg.dev", "repository": "agent"}, "names no repository of Artifact Registry"),
        ({"url": "europe-docker.pkg.dev", "repository": "p/r/agent"}, None),
        ({"url": "eu.gcr.io", "repository": "p/agent"}, None),
        ({"url": "docker.io", "repository": "me/agent"}, None),
    ],
)
def test_a_registry_that_cannot_be_pulled_from_is_refused_before_anything_is_built(
    bench: Bench, registry: dict[str, str], refused: str | None
) -> None:
    bench.write(registry=registry)
    if refused is None:
        needs = bench.deployer.needs(bench.settings(), bench.ctx)
        assert (needs.registry, needs.platform) == (True, "linux/amd64")
        return
    with pytest.raises(DeploymentError, match=refused) as caught:
        bench.deployer.needs(bench.settings(), bench.ctx)
    assert caught.value.code == "registry-unpullable"
    assert "deployment.registry.url=us-central1-docker.pkg.dev" in caught.value.remedy


def test_registry_login_is_googles_own_and_for_google_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from google.oauth2.credentials import Credentials

    made = Credentials("ya29.canary-token")
    monkeypatch.setattr("google.auth.default", lambda **_options: (made, "p"))
    [source] = bench.deployer.credential_sources(bench.settings())
    assert source.credential("ghcr.io", bench.ctx) is None
    found = source.credential("us-central1-docker.pkg.dev", bench.ctx)
    assert found is not None
    assert found.auth_config() == {"username": "oauth2accesstoken", "password": "ya29.canary-token"}
    assert bench.ctx.redactor.clean("x ya29.canary-token") == "x ***"
