"""Logs on this machine: since, tail, follow across redeploys; in order, none twice, none lost."""

from __future__ import annotations

import re
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled
from holodeck_tui.deployers.base import LogLine, LogQuery
from tests.integration.local.local_bench import Bench

pytestmark = pytest.mark.integration


def lines(bench: Bench, query: LogQuery) -> list[LogLine]:
    return list(bench.deployer().stream_logs(bench.ref(), query, bench.context()))


def test_tail_and_since(bench: Bench) -> None:
    bench.write(variables={"STANDIN": "lines"})
    bench.deploy()
    time.sleep(1.5)
    every = lines(bench, LogQuery())
    assert every[0].text == "standin one starts as lines"
    numbers = [int(line.text.rpartition(" ")[2]) for line in every[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(line.timestamp is not None and line.source == "r1" for line in every)
    tail = lines(bench, LogQuery(tail=5))
    assert len(tail) == 5
    assert lines(bench, LogQuery(tail=0)) == []
    moment = every[10].timestamp
    assert moment is not None
    later = lines(bench, LogQuery(since=moment))
    assert later[0] == every[10]
    assert lines(bench, LogQuery(since=datetime.now(timezone.utc) + timedelta(hours=1))) == []


def test_follow_goes_on_over_a_redeploy_without_loss(bench: Bench) -> None:
    bench.write(variables={"STANDIN": "lines"})
    bench.deploy()
    cancel = CancelToken()
    ctx = Context(cancel=cancel, environ=bench.environ)
    seen: list[LogLine] = []
    ended: list[BaseException] = []
    ref = bench.ref()

    def read() -> None:
        try:
            seen.extend(bench.deployer().stream_logs(ref, LogQuery(follow=True, tail=3), ctx))
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(1)
    bench.write(text="two", variables={"STANDIN": "lines"})
    bench.deploy()
    time.sleep(1.5)
    last = lines(bench, LogQuery(tail=1))[-1]
    time.sleep(1)
    cancel.cancel()
    thread.join(10)
    assert not thread.is_alive()
    assert isinstance(ended[0], Cancelled)
    for name in ("one", "two"):
        numbers = [int(m[1]) for line in seen if (m := re.fullmatch(rf"{name} line (\d+)", line.text))]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) > 5
    assert any(line.text == "standin two starts as lines" for line in seen)
    assert last in seen


def test_follow_ends_when_the_service_is_destroyed(bench: Bench) -> None:
    bench.deploy()
    ref = bench.ref()
    seen: list[str] = []

    def read() -> None:
        found = bench.deployer().stream_logs(ref, LogQuery(follow=True), bench.context())
        seen.extend(line.text for line in found)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(1)
    bench.destroy()
    thread.join(15)
    assert not thread.is_alive()
    assert seen[0] == "standin one starts as healthy"
