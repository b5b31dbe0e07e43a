"""Deploying to this machine, in both runtimes: idempotent, proven first, nothing half-made left."""

from __future__ import annotations

import socket
import threading
import time

import httpx
import pytest

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.chat import chat
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.values import STATES
from tests.integration.local.local_bench import Bench
from tests.ports import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def name_at(url: str | None) -> str:
    assert url is not None
    return str(httpx.get(f"{url}/health", timeout=5).json()["agent_name"])


def test_first_deploy_serves_and_a_second_touches_nothing(bench: Bench) -> None:
    first = bench.deploy()
    assert name_at(first.url) == "one"
    assert first.state == "healthy"
    assert first.revision == "r1"
    assert bench.deployer().changes(bench.spec(), bench.context()) == []
    assert bench.deploy() == first
    assert len(bench.deployer().revisions(bench.ref(), bench.context())) == 1


def test_a_change_moves_to_a_new_revision_at_the_same_port(bench: Bench) -> None:
    first = bench.deploy()
    bench.write(text="two")
    changes = bench.deployer().changes(bench.spec(), bench.context())
    assert "environment.STANDIN_NAME" in {change.path for change in changes}
    assert all(change.after == "***" for change in changes if change.path.startswith("environment."))
    second = bench.deploy()
    assert (second.url, second.revision) == (first.url, "r2")
    assert name_at(second.url) == "two"
    assert chat(str(second.url), bench.name, "hi", bench.context()) == "two heard hi"


def test_no_request_fails_while_a_new_revision_takes_over(bench: Bench) -> None:
    url = bench.deploy().url
    seen: list[str] = []
    failures: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                seen.append(name_at(url))
            except httpx.HTTPError as error:
                failures.append(repr(error))
            time.sleep(0.01)

    thread = threading.Thread(target=ask)
    thread.start()
    bench.write(text="two", variables={"STANDIN": "slow:1"})
    bench.deploy()
    time.sleep(0.3)
    stop.set()
    thread.join()
    assert failures == []
    assert seen[0] == "one"
    assert seen[-1] == "two"
    assert seen == sorted(seen)  # never back


@pytest.mark.parametrize("sickness", ["crash", "unhealthy", "not-ready"])
def test_a_new_revision_that_is_not_well_leaves_the_old_one_serving(bench: Bench, sickness: str) -> None:
    first = bench.deploy()
    bench.environ["STANDIN_SECRET"] = "canary-0123456789"
    bench.write(text="two", variables={"STANDIN": sickness, "STANDIN_SECRET": "${STANDIN_SECRET}"}, timeout=3)
    with pytest.raises(DeploymentError) as caught:
        bench.deploy()
    error = caught.value
    assert error.code == "unhealthy"
    assert error.exit_code == 5
    assert "standin two starts" in "\n".join(error.details) or sickness == "crash"
    assert f"r1 keeps serving at {first.url}" in error.details
    if sickness == "crash":
        assert "exit code 3" in error.reason
        assert "last words 29 ***" in error.details
    assert "canary" not in str(error) + "".join(error.details) + repr(bench.events)
    assert name_at(first.url) == "one"
    view = bench.deployer()._runtime(bench.ref(), bench.context()).view(bench.ref().name)
    assert view is not None
    assert list(view.units) == [f"{bench.ref().name}-r1"]


def test_a_first_deploy_that_fails_leaves_nothing(bench: Bench) -> None:
    bench.write(variables={"STANDIN": "crash"}, timeout=5)
    with pytest.raises(DeploymentError, match="did not become healthy"):
        bench.deploy()
    assert bench.deployer().find(bench.settings(), bench.context()) is None


def test_cancel_while_waiting_removes_the_new_and_keeps_the_old(bench: Bench) -> None:
    first = bench.deploy()
    bench.write(text="two", variables={"STANDIN": "slow:20"})
    cancel = CancelToken()
    ctx = Context(cancel=cancel, environ=bench.environ)
    threading.Timer(1.5, cancel.cancel).start()
    started = time.monotonic()
    with pytest.raises(Cancelled) as stopped:
        bench.deploy(ctx)
    assert stopped.value.details == ("r2 is removed again", f"r1 keeps serving at {first.url}")
    assert time.monotonic() - started < 8
    assert name_at(first.url) == "one"
    view = bench.deployer()._runtime(bench.ref(), bench.context()).view(bench.ref().name)
    assert view is not None
    assert len(view.units) == 1


def test_pause_resume_and_redeploy_of_a_paused_one(bench: Bench) -> None:
    first = bench.deploy()
    ref = bench.ref()
    assert bench.deployer().pause(ref, bench.context()).state == "stopped"
    with pytest.raises(httpx.HTTPError):
        name_at(first.url)
    assert bench.state() == "stopped"
    assert bench.deployer().resume(ref, bench.context()).state == "healthy"
    bench.deployer().pause(ref, bench.context())
    again = bench.deploy()
    assert (again.revision, again.url) == ("r1", first.url)
    assert name_at(again.url) == "one"


def test_rollback_goes_back_and_forth(bench: Bench) -> None:
    first = bench.deploy()
    with pytest.raises(DeploymentError) as caught:
        bench.deployer().rollback(bench.ref(), None, bench.context())
    assert caught.value.code == "revision-unknown"
    bench.write(text="two")
    bench.deploy()
    back = bench.deployer().rollback(bench.ref(), None, bench.context())
    assert (back.revision, back.url) == ("r1", first.url)
    assert name_at(back.url) == "one"
    forth = bench.deployer().rollback(bench.ref(), "r2", bench.context())
    assert name_at(forth.url) == "two"
    listed = bench.deployer().revisions(bench.ref(), bench.context())
    assert [(one.name, one.active) for one in listed] == [("r2", True), ("r1", False)]
    assert bench.deploy().revision == "r2"


def test_status_of_a_body_that_turns_sick_and_of_a_crash(bench: Bench) -> None:
    url = bench.deploy().url
    assert bench.state() == "healthy"
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{url}/crash", timeout=5)
    seen = set()
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        state = bench.state()
        assert state in STATES
        seen.add(state)
        if state == "healthy" and len(seen) > 1:
            break
        time.sleep(0.05)
    assert "healthy" in seen  # it was started again
    assert "restarted once" in bench.deployer().get_status(bench.ref(), bench.context()).detail


def test_list_finds_it_from_anywhere(bench: Bench) -> None:
    url = bench.deploy().url
    found = [one for one in bench.deployer().list("local", bench.context()) if one.ref.agent == bench.name]
    assert [(one.state, one.url, one.revision) for one in found] == [("healthy", url, "r1")]


def test_destroy_removes_all_and_is_done_twice_without_complaint(bench: Bench) -> None:
    url = bench.deploy().url
    ref = bench.ref()
    planned = bench.deployer().plan_destroy(ref, bench.context())
    done = bench.deployer().destroy(ref, bench.context())
    assert set(planned.goes) == set(done.goes)
    assert planned.goes
    with pytest.raises(httpx.ConnectError):
        name_at(url)
    assert bench.deployer().find(bench.settings(), bench.context()) is None
    assert bench.deployer().get_status(ref, bench.context()).state == "missing"
    assert bench.deployer().destroy(ref, bench.context()).goes == ()


def test_the_port_the_user_names_is_used_or_its_holder_is_named(bench: Bench) -> None:
    with socket.socket() as holder:
        port = free_port()
        holder.bind(("127.0.0.1", port))
        holder.listen()
        bench.write(port=port)
        with pytest.raises(DeploymentError) as caught:
            bench.deploy()
        assert caught.value.code == "port-taken"
        assert str(port) in caught.value.message
        assert "process" in caught.value.reason
    first = bench.deploy()
    assert first.url == f"http://127.0.0.1:{port}"
    free = free_port()
    bench.write(port=free)
    moved = bench.deploy()
    assert moved.url == f"http://127.0.0.1:{free}"
    assert name_at(moved.url) == "one"
    with pytest.raises(httpx.ConnectError):
        name_at(first.url)


def test_two_services_get_two_ports(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    bench.write(port=None)
    first = bench.deploy()
    folder = tmp_path_factory.mktemp("other")
    other = Bench(folder, bench.runtime, bench.root, bench.name + "x", bench.image, bench.environ)
    other.write(text="other", port=None)
    try:
        second = other.deploy()
        assert second.url != first.url
        assert (name_at(first.url), name_at(second.url)) == ("one", "other")
    finally:
        other.destroy()
    assert name_at(first.url) == "one"
