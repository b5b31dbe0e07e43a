"""The log: streams of replicas, Log Analytics before them, and a follower that loses and repeats nothing."""

from __future__ import annotations

import threading
import time
import tracemalloc
from datetime import timedelta

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.base import LogQuery
from tests.contract.azure.support import Stage
from tests.contract.azure.world import ENVIRONMENT, GROUP

pytestmark = pytest.mark.contract


def printed(stage: Stage, *lines: str) -> None:
    revision = stage.app.latest
    assert revision is not None
    with stage.world.guard:
        revision.lines += [(stage.world.now(), line) for line in lines]


def analytics(stage: Stage) -> None:
    stage.world.workspace = True
    stage.world.make_environment(GROUP, ENVIRONMENT)


def test_the_last_lines(stage: Stage) -> None:
    stage.deploy()
    printed(stage, *(f"line {number}" for number in range(400)))
    assert stage.logs(tail=3) == ["line 397", "line 398", "line 399"]
    # The service keeps 300, and there is no Log Analytics here.
    assert len(stage.logs()) == 300
    moment = stage.world.now()
    printed(stage, "late")
    assert stage.logs(since=moment) == ["late"]


def test_what_the_platform_did(stage: Stage) -> None:
    stage.deploy()
    assert stage.logs(system=True) == [
        f"helpdesk--r1 {stage.app.latest.replica} RevisionReady as told"
    ] or stage.logs(system=True) == ["helpdesk--r1 RevisionReady as told"]


def test_older_lines_come_from_log_analytics_and_none_twice(stage: Stage) -> None:
    analytics(stage)
    stage.deploy()
    latest = stage.app.latest
    assert latest is not None
    began = latest.created - timedelta(hours=1)
    with stage.world.guard:
        latest.lines.clear()
        for number in range(1000):
            moment = began + timedelta(seconds=number)
            stage.world.history.append((moment, "helpdesk", latest.replica, f"line {number}"))
            latest.lines.append((moment, f"line {number}"))
        stage.world.history.append((began, "other", "x", "of another app"))
    assert stage.logs(tail=700) == [f"line {number}" for number in range(300, 1000)]
    assert stage.logs(since=began + timedelta(seconds=500)) == [
        f"line {number}" for number in range(500, 1000)
    ]
    stage.world.faults.partial_history = True
    assert len(stage.logs(tail=700)) == 700
    assert any("only a part" in line for line in stage.said)


def test_without_a_replica_the_history_is_the_log(stage: Stage) -> None:
    analytics(stage)
    stage.target = {"min_replicas": 0}
    stage.world.faults.scaled_to_zero = True
    stage.deploy()
    moment = stage.world.now()
    stage.world.history += [(moment + timedelta(seconds=n), "helpdesk", "x", f"line {n}") for n in range(5)]
    assert stage.logs(tail=2) == ["line 3", "line 4"]
    stage.world.faults.refusal = []
    stage.world.workspace = False
    stage.world.make_environment(GROUP, ENVIRONMENT)
    assert stage.logs(tail=2) == []


def test_a_stream_that_is_throttled_says_so(stage: Stage) -> None:
    stage.deploy()
    stage.world.faults.stream_throttled = 1
    with pytest.raises(DeploymentError) as caught:
        stage.logs(tail=2)
    assert caught.value.code == "throttled"


def test_a_token_that_ended_is_fetched_anew(stage: Stage) -> None:
    stage.deploy()
    lines = stage.deployer.stream_logs(stage.find(), LogQuery(follow=True), stage.ctx)
    assert "starts as healthy" in next(lines).text
    stage.world.tokens.clear()
    stage.world.faults.stream_cut = 1
    printed(stage, "after the token")
    time.sleep(0.3)
    stage.world.faults.stream_cut = 0
    assert next(lines).text == "after the token"
    lines.close()


def test_a_follower_sees_new_revisions(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from holodeck_tui.deployers.azure import logs

    monkeypatch.setattr(logs, "_RESCAN", 0.2)
    stage.deploy()
    lines = stage.deployer.stream_logs(stage.find(), LogQuery(follow=True, tail=0), stage.ctx)
    stage.image, stage.env = "two", {"STANDIN_NAME": "two"}
    run = threading.Timer(0.2, stage.deploy)
    run.start()
    assert next(lines).text == "standin two starts as healthy"
    run.join()
    stage.ctx.cancel.cancel()
    with pytest.raises(DeploymentError, match="Interrupted"):
        next(lines)


@pytest.mark.slow
def test_fifty_thousand_lines_through_many_cuts(stage: Stage) -> None:
    """An hour's worth of reconnects: none is lost, none comes twice, memory stays flat."""
    count, burst = 50_000, 250
    stage.deploy()
    stage.world.faults.stream_cut = 2_000
    latest = stage.app.latest
    assert latest is not None
    read = 0
    done = threading.Event()

    def feed() -> None:
        for start in range(0, count, burst):
            # Never more than the service keeps ahead of the reader.
            while start - read > 40 and not done.is_set():
                time.sleep(0.001)
            printed(stage, *(f"line {number}" for number in range(start, start + burst)))

    lines = stage.deployer.stream_logs(stage.find(), LogQuery(follow=True, tail=1), stage.ctx)
    # From here on it follows; what was printed before would be history.
    assert "starts as healthy" in next(lines).text
    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    peaks = []
    try:
        for line in lines:
            assert line.text == f"line {read}"
            read += 1
            if read == count - 10_000:
                tracemalloc.start()  # which makes all of it several times slower
            if read > count - 10_000 and read % 2_000 == 0:
                ours = tracemalloc.Filter(True, "*/holodeck_tui/*")
                kept = tracemalloc.take_snapshot().filter_traces([ours])
                peaks.append(sum(one.size for one in kept.statistics("filename")))
            if read == count:
                break
    finally:
        tracemalloc.stop()
        done.set()
        lines.close()
    streams = [
        path for _, path, query, _ in stage.world.requests if path.endswith("/logstream") and "true" in query
    ]
    assert len(streams) > 20
    assert not any("during a cut" in line for line in stage.said)
    # What one connection needs comes and goes; nothing is kept of the lines.
    assert peaks[-1] < peaks[0] + 400_000
