"""What a listing does not tell is judged: a few at a time, and none asked again before its answer is old."""

from __future__ import annotations

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef, Status
from holodeck_tui.ui.judging import Judge

pytestmark = [pytest.mark.unit, pytest.mark.ui]


def listed(name: str, state: str | None = None) -> Status:
    return Status(ServiceRef("aws", f"arn:{name}", name, "aws:eu-west-1", name), state)  # type: ignore[arg-type]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_only_what_is_not_told_is_asked_a_few_at_a_time_and_not_again_at_once() -> None:
    asked: list[str] = []

    def ask(ref: ServiceRef, _ctx: Context) -> Status:
        asked.append(ref.name)
        if ref.name == "gone":
            raise DeploymentError("network", "no answer")
        return Status(ref, "healthy", url="http://x", revision="7")

    clock = Clock()
    judge = Judge(ask, clock)
    all_of_them = [listed("told", "degraded"), listed("gone"), *(listed(f"s{number}") for number in range(5))]
    judge.round(judge.wanted(all_of_them), Context())
    assert asked == ["gone", "s0", "s1", "s2"]
    assert [ref.name for ref in judge.wanted(all_of_them)] == ["s3", "s4"]

    assert judge.completed(all_of_them[0]) is all_of_them[0]
    assert judge.completed(listed("gone")) == listed("gone")
    shown = judge.completed(listed("s0"))
    assert (shown.state, shown.url, shown.revision) == ("healthy", "http://x", "7")

    clock.now += 61
    assert [ref.name for ref in judge.wanted(all_of_them)] == ["gone", "s0", "s1", "s2"]


def test_after_something_was_done_all_is_judged_anew() -> None:
    judge = Judge(lambda ref, _ctx: Status(ref, "healthy"))
    judge.round(judge.wanted([listed("one")]), Context())
    assert judge.wanted([listed("one")]) == []
    judge.again()
    assert [ref.name for ref in judge.wanted([listed("one")])] == ["one"]
