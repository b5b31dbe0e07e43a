"""Patience: how long, how often, and that nobody is kept waiting who wants to leave."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import Event, Waiting
from holodeck_tui.image.registry_errors import Transient
from holodeck_tui.image.retry import retry_after, retrying

pytestmark = pytest.mark.unit


def fault(after: float | None = None, tries: int | None = None) -> Transient:
    return Transient(DeploymentError("throttled", "Too much."), after=after, tries=tries)


class Slept(CancelToken):
    def __init__(self) -> None:
        super().__init__()
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)


def failing(times: int, with_: Transient) -> tuple[list[int], object]:
    calls: list[int] = []

    def call() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise with_
        return "done"

    return calls, call


def test_the_server_says_how_long() -> None:
    cancel, events = Slept(), list[Event]()
    ctx = Context(emit=events.append, cancel=cancel)
    _, call = failing(2, fault(after=7.0))
    assert retrying(ctx, "push", "r.example", call) == "done"  # type: ignore[arg-type]
    assert cancel.naps == [7.0, 7.0]
    assert [event for event in events if isinstance(event, Waiting)] == [
        Waiting("push", "r.example", 7.0)
    ] * 2


def test_pauses_grow_and_end() -> None:
    cancel = Slept()
    calls, call = failing(99, fault())
    with pytest.raises(DeploymentError) as caught:
        retrying(Context(cancel=cancel), "push", "r", call)  # type: ignore[arg-type]
    assert caught.value.code == "throttled"
    assert len(calls) == 6
    assert all(0.1 * 2**n <= nap <= 0.2 * 2**n for n, nap in enumerate(cancel.naps))


@pytest.mark.parametrize(("one", "calls_made"), [(fault(after=3600), 1), (fault(tries=2), 2)])
def test_it_gives_up_early_where_waiting_is_hopeless(one: Transient, calls_made: int) -> None:
    calls, call = failing(99, one)
    with pytest.raises(DeploymentError):
        retrying(Context(cancel=Slept()), "push", "r", call)  # type: ignore[arg-type]
    assert len(calls) == calls_made


def test_a_cancel_ends_a_pause() -> None:
    cancel = CancelToken()
    import threading

    threading.Timer(0.2, cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        retrying(Context(cancel=cancel), "push", "r", failing(99, fault(after=60))[1])  # type: ignore[arg-type]
    assert time.monotonic() - began < 5


def test_retry_after_in_both_spellings() -> None:
    assert retry_after("12") == 12
    assert retry_after(None) is None
    assert retry_after("soon") is None
    assert retry_after("Mon, 01 Jan 1990 00:00:00 GMT") == 0
    later = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=30), usegmt=True)
    assert 28 < (retry_after(later) or 0) <= 30
