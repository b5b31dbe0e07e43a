"""Where an Express service logs: a group whose name ends in four hex digits that nobody is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.deployers.aws.client import Aws, persist
from holodeck_tui.deployers.aws.ecs_api import Ecs, Live
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.aws.logs import Group, LogReader
from holodeck_tui.deployers.base import LogLine, LogQuery

_POLL = 2.0
_PATIENCE = 300.0
# The group is made some moments before or after ECS dates the service.
_SLACK = timedelta(minutes=10)


def group_names(aws: Aws, name: str, cluster: str) -> list[tuple[str, datetime]]:
    """``(name, made at)`` of all log groups that a service of this name made, the newest first."""
    prefix = f"/aws/ecs/{cluster}/{name}-"
    try:
        listed = list(
            aws.pages(
                "logs",
                "describe_log_groups",
                "look for the service's log",
                "logGroups",
                cursor="nextToken",
                logGroupNamePrefix=prefix,
            )
        )
    except AwsError as error:
        if error.kind == "gone":
            return []
        raise
    # The prefix alone would find the groups of agents whose names begin the same way.
    ours = re.compile(re.escape(prefix) + "[0-9a-f]{4}")
    found = [
        (str(each["logGroupName"]), datetime.fromtimestamp(each.get("creationTime", 0) / 1000, timezone.utc))
        for each in listed
        if ours.fullmatch(str(each["logGroupName"]))
    ]
    return sorted(found, key=lambda pair: pair[1], reverse=True)


def log_groups(aws: Aws, live: Live) -> list[Group]:
    """The groups of the service as it is now, or else the last of an earlier one of that name."""
    found = group_names(aws, live.name, live.cluster)
    since = live.created_at - _SLACK if live.created_at is not None else None
    current = [name for name, made in found if since is None or made >= since]
    return [Group(name) for name in current or [name for name, _ in found[:1]]]


class Logs:
    """The application's lines, or with ``query.system`` what ECS itself says of the service."""

    def __init__(self, aws: Aws, live: Live, *, poll: float = _POLL) -> None:
        self._aws = aws
        self._live = live
        self._poll = poll

    def lines(self, query: LogQuery) -> Iterator[LogLine]:
        """See :meth:`~holodeck_tui.deployers.base.BaseDeployer.stream_logs`."""
        if query.system:
            yield from self._events(query)
            return
        groups = log_groups(self._aws, self._live)
        while not groups and query.follow:
            # The group is made with the first line.
            self._aws.ctx.cancel.sleep(self._poll)
            groups = log_groups(self._aws, self._live)
        yield from LogReader(self._aws, groups, poll=self._poll).lines(query)

    def _events(self, query: LogQuery) -> Iterator[LogLine]:
        """ECS keeps the last 100 events of a service."""
        seen: set[str] = set()
        first = True
        while True:
            fresh = [each for each in self._ask() if each[0] not in seen]
            fresh.sort(key=lambda each: each[1])
            wanted = [each for each in fresh if query.since is None or each[1] >= query.since]
            if first and query.tail is not None:
                wanted = wanted[-query.tail :] if query.tail else []
            seen = {name for name, _, _ in self._kept}
            for _, moment, text in wanted:
                yield LogLine(text, moment, "ecs")
            if not query.follow:
                return
            first = False
            self._aws.ctx.cancel.sleep(self._poll)

    def _ask(self) -> tuple[tuple[str, datetime, str], ...]:
        deadline = Deadline(_PATIENCE, f"the events of {self._live.name}")
        found = persist(
            lambda: Ecs(self._aws).find(self._live.name, self._live.cluster),
            self._aws.ctx,
            deadline,
            told="never",
        )
        self._kept = found.events if found is not None else ()
        return self._kept
