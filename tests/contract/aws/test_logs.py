"""CloudWatch Logs by the real SDK: in order, none twice, none lost."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any

import pytest

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.logs import Group, LogReader
from holodeck_tui.deployers.base import LogQuery
from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import Stage
from tests.contract.aws.world import REGION, Rule

pytestmark = pytest.mark.contract

GROUP = "/aws/apprunner/a/b/application"
OTHER = "/aws/apprunner/a/b/service"


def reader(ctx: Context | None = None, *groups: str) -> LogReader:
    return LogReader(
        Aws(REGION, ctx or Context()), [Group(name, name) for name in groups or (GROUP,)], poll=0.05
    )


def test_a_group_that_is_not_there_is_an_empty_log(aws: AwsServer) -> None:
    assert list(reader().lines(LogQuery())) == []


def test_history_is_in_order_over_groups_and_pages(aws: AwsServer) -> None:
    begin = time.time() - 600
    for number in range(30):
        group = GROUP if number % 2 else OTHER
        aws.write_log(group, [f"line {number}"], moment=begin + number)
    lines = list(reader(None, GROUP, OTHER).lines(LogQuery()))
    assert [line.text for line in lines] == [f"line {number}" for number in range(30)]
    assert {line.source for line in lines} == {GROUP, OTHER}
    assert lines[0].timestamp is not None
    assert abs(lines[0].timestamp.timestamp() - begin) < 0.01


def test_the_last_lines_are_found_however_old_they_are(aws: AwsServer) -> None:
    for hours in (100, 50, 3, 1):
        aws.write_log(GROUP, [f"{hours} hours ago"], moment=time.time() - hours * 3600)
    assert reader().last(2) == ["3 hours ago", "1 hours ago"]
    assert reader().last(9) == [f"{hours} hours ago" for hours in (100, 50, 3, 1)]
    assert list(reader().lines(LogQuery(tail=0))) == []


def test_nothing_before_since(aws: AwsServer) -> None:
    for minutes in (30, 2):
        aws.write_log(GROUP, [f"{minutes} minutes ago"], moment=time.time() - minutes * 60)
    since = datetime.now(timezone.utc) - timedelta(minutes=5)
    assert [line.text for line in reader().lines(LogQuery(since=since))] == ["2 minutes ago"]
    assert [line.text for line in reader().lines(LogQuery(since=since, tail=5))] == ["2 minutes ago"]


def test_throttling_and_broken_connections_lose_nothing(aws: AwsServer) -> None:
    aws.write_log(GROUP, ["one", "two"])
    aws.world.rules.append(Rule("error", operation="FilterLogEvents", code="ThrottlingException", times=4))
    aws.world.rules.append(Rule("drop", operation="FilterLogEvents", times=4))
    assert [line.text for line in reader().lines(LogQuery())] == ["one", "two"]


def test_what_may_not_be_read_is_told(aws: AwsServer) -> None:
    message = "User: u is not authorized to perform: logs:FilterLogEvents on resource: x"
    aws.world.rules.append(
        Rule("error", operation="FilterLogEvents", code="AccessDeniedException", message=message)
    )
    with pytest.raises(DeploymentError) as caught:
        list(reader().lines(LogQuery()))
    assert caught.value.code == "permission-denied"
    assert "logs:FilterLogEvents" in caught.value.remedy


def test_a_follower_gets_what_comes_later_and_late_lines_too(aws: AwsServer) -> None:
    token = CancelToken()
    lines = reader(Context(cancel=token)).lines(LogQuery(follow=True))
    begin = time.time()
    aws.write_log(GROUP, ["first"], moment=begin)
    assert next(lines).text == "first"
    aws.write_log(GROUP, ["newer"], moment=begin + 5)
    assert next(lines).text == "newer"
    aws.write_log(GROUP, ["late"], moment=begin - 5)
    aws.write_log(GROUP, ["newest"], moment=begin + 6)
    assert sorted(line.text for line in islice(lines, 2)) == ["late", "newest"]
    threading.Timer(0.3, token.cancel).start()
    with pytest.raises(Cancelled):
        next(lines)


class Flood:
    """50,000 lines of an hour, handed out as FilterLogEvents does: by page, some empty, some calls failing."""

    service = "logs"

    def __init__(self, count: int, begin: float) -> None:
        self.count, self.begin, self.visible, self.calls = count, begin, 0, 0

    def handle(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        from tests.contract.aws.world import Fault

        self.calls += 1
        if self.calls % 17 == 0:
            raise Fault("ServiceUnavailableException", "later", 503)
        # A fiftieth of the log becomes readable with each look.
        self.visible = min(self.count, self.visible + self.count // 50)
        first = int(body.get("nextToken") or 0)
        # The first line at or after startTime, found by its even spacing.
        begin = max(0, int((body["startTime"] / 1000 - self.begin) * self.count / 3600) - 1)
        while begin < self.visible and self.moment(begin) < body["startTime"]:
            begin += 1
        first = begin + int(body.get("nextToken") or 0)
        page = range(0) if self.calls % 5 == 0 else range(first, min(first + 1000, self.visible))
        following = {"nextToken": str(first - begin + len(page))} if first + len(page) < self.visible else {}
        return {"events": [self.event(n) for n in page], **following}

    def moment(self, number: int) -> int:
        return int((self.begin + number * 3600 / self.count) * 1000)

    def event(self, number: int) -> dict[str, Any]:
        return {
            "eventId": f"id-{number}", "timestamp": self.moment(number), "ingestionTime": self.moment(number),
            "logStreamName": "s", "message": f"line {number}",
        }  # fmt: skip

    def resources(self) -> dict[str, dict[str, str]]:
        return {}

    def close(self) -> None:
        return


def test_an_empty_page_with_a_token_is_not_the_end_and_what_is_read_again_is_not_told_again(
    aws: AwsServer,
) -> None:
    """A burst that a live tail would sample: every line of it, once, though each look begins before the last."""
    begin = int(time.time() * 1000) - 5000
    asked: list[dict[str, Any]] = []

    class Pages:
        service = "logs"

        def handle(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
            asked.append({"operation": operation, **body})
            look = sum("nextToken" not in each for each in asked)
            pages: dict[Any, tuple[range, str | None]] = {
                None: (range(0), "a"),
                "a": (range(700), "b"),
                "b": (range(0), "c"),
                # The second look finds some more, of the same second.
                "c": (range(700, 700 + 500 * (look - 1)), None),
            }
            numbers, following = pages[body.get("nextToken")]
            events = [
                {
                    "eventId": f"id-{n}", "timestamp": begin, "ingestionTime": begin, "logStreamName": "s",
                    "message": f"line {n}",
                }
                for n in numbers
            ]  # fmt: skip
            return {"events": events, **({"nextToken": following} if following else {})}

        def resources(self) -> dict[str, dict[str, str]]:
            return {}

        def close(self) -> None:
            return

    aws.machines["logs"] = Pages()  # type: ignore[assignment]
    token = CancelToken()
    lines = reader(Context(cancel=token)).lines(LogQuery(follow=True))
    assert list(numbered(lines, 1200)) == list(range(1200))
    token.cancel()
    # StartLiveTail samples above 500 lines a second and has no ids: it is not used.
    assert {each["operation"] for each in asked} == {"FilterLogEvents"}
    looks = [each["startTime"] for each in asked if "nextToken" not in each]
    assert looks[1] < begin, "the second look overlaps the first"
    assert aws.world.violations == []


@pytest.mark.slow
def test_fifty_thousand_lines_none_lost_none_twice_and_no_memory(aws: AwsServer) -> None:
    flood = Flood(50_000, time.time() - 3600)
    aws.machines["logs"] = flood  # type: ignore[assignment]
    token = CancelToken()
    log = LogReader(Aws(REGION, Context(cancel=token)), [Group(GROUP)], poll=0.001)
    found = log.lines(LogQuery(follow=True))
    numbers = numbered(found, flood.count)
    first = [next(numbers) for _ in range(10_000)]
    tracemalloc.start()
    rest = [next(numbers) for _ in range(15_000)]
    half, _ = tracemalloc.get_traced_memory()
    rest += [next(numbers) for _ in range(25_000)]
    full, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first + rest == list(range(50_000))
    own = 25_000 * 36 + (1 << 20)  # the test's own list of numbers
    assert full - half < own
    token.cancel()


def numbered(lines: Iterator[Any], count: int) -> Iterator[int]:
    for line in islice(lines, count):
        yield int(line.text.partition(" ")[2])


def test_system_lines_are_asked_for(stage: Stage) -> None:
    made = stage.deployer.deploy(stage.spec, stage.ctx)
    plain = list(stage.deployer.stream_logs(made.ref, LogQuery(), stage.ctx))
    assert [line.text for line in plain] == ["standin: Application startup complete."]
    both = list(stage.deployer.stream_logs(made.ref, replace(LogQuery(), system=True), stage.ctx))
    assert {line.source for line in both} == {"", "App Runner"}
    assert any("CREATE_SERVICE started" in line.text for line in both)
