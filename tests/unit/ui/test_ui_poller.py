"""When which scope is asked: on a clock of the test's own."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef, Status
from holodeck_tui.ui.poller import CALM, CLOUD, LOCAL, MOST, UNSEEN, Poller

pytestmark = pytest.mark.unit
AWS = "aws:eu-west-1"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def poller(clock: Clock) -> Poller:
    made = Poller(clock, spread=lambda: 0.5)
    made.watch(["local", AWS])
    return made


def expired() -> DeploymentError:
    return DeploymentError("credentials-expired", "The login has expired.", remedy="aws sso login")


def test_each_scope_is_asked_once_and_never_twice_at_the_same_time(poller: Poller, clock: Clock) -> None:
    assert poller.due() == ["local", AWS]
    clock.now += 3600
    assert poller.due() == []
    poller.answered("local", [])
    assert poller.due() == []
    clock.now += LOCAL + 0.1
    assert poller.due() == ["local"]


def test_it_backs_off_on_errors_and_keeps_what_was_known(poller: Poller, clock: Clock) -> None:
    poller.due()
    poller.answered(AWS, [Status(ServiceRef("aws", "id", "n", AWS, "a"), "healthy")])
    pauses = []
    for _ in range(8):
        clock.now = poller.snapshot.scope(AWS).due  # type: ignore[union-attr]
        assert AWS in poller.due()
        poller.failed(AWS, expired())
        pauses.append(poller.snapshot.scope(AWS).due - clock.now)  # type: ignore[union-attr]
    assert pauses == sorted(pauses)
    assert pauses[0] == CLOUD * 2
    assert pauses[-1] == MOST
    state = poller.snapshot.scope(AWS)
    assert state is not None
    assert state.stale
    assert len(state.statuses) == 1


def test_hurry_asks_a_failed_scope_at_once(poller: Poller) -> None:
    poller.due()
    poller.failed(AWS, expired())
    assert poller.due() == []
    poller.hurry(AWS)
    assert poller.due() == [AWS]


def test_nobody_looking_makes_it_slower_and_paused_stops_it(poller: Poller, clock: Clock) -> None:
    poller.due()
    poller.look(False)
    poller.answered("local", [])
    clock.now += LOCAL * (UNSEEN - 1)
    assert poller.due() == []
    poller.look(True)
    clock.now += LOCAL
    assert poller.due() == ["local"]
    poller.paused = True
    clock.now += 3600
    assert poller.due() == []
    assert poller.next_in() is None


def test_questions_are_spread(clock: Clock) -> None:
    due = []
    for spread in (0.0, 1.0):
        poller = Poller(clock, spread=lambda spread=spread: spread)  # type: ignore[misc]
        poller.watch([AWS])
        poller.due()
        poller.answered(AWS, [])
        due.append(poller.snapshot.scopes[0].due)
    assert due[1] - due[0] == pytest.approx(CLOUD * 0.3)


def test_an_answer_of_a_scope_that_is_not_watched_any_more_is_dropped(poller: Poller) -> None:
    poller.due()
    poller.watch(["local"])
    poller.answered(AWS, [])
    poller.failed(AWS, expired())
    assert [one.scope for one in poller.snapshot.scopes] == ["local"]


def listed(state: str = "healthy", **facts: object) -> Status:
    return Status(ServiceRef("aws", "id", "n", AWS, "a"), state, **facts)  # type: ignore[arg-type]


def pauses(poller: Poller, clock: Clock, *answers: Status) -> list[float]:
    found = []
    for answer in answers:
        clock.now = poller.snapshot.scope(AWS).due  # type: ignore[union-attr]
        assert AWS in poller.due()
        poller.answered(AWS, [answer])
        found.append(poller.snapshot.scope(AWS).due - clock.now)  # type: ignore[union-attr]
    return found


def test_while_nothing_changes_it_asks_less_often_and_a_change_or_a_key_ends_that(
    poller: Poller, clock: Clock
) -> None:
    same = [listed(checked_at=datetime.fromtimestamp(n, timezone.utc)) for n in range(5)]
    calmer = pauses(poller, clock, *same)
    assert calmer[0] == CLOUD
    assert calmer == sorted(calmer)
    assert calmer[-1] == CALM
    assert pauses(poller, clock, listed("failed")) == [CLOUD]
    pauses(poller, clock, *[listed("failed")] * 4)
    assert poller.stir()
    assert poller.snapshot.scope(AWS).due == clock.now + CLOUD  # type: ignore[union-attr]
    assert not poller.stir(), "nothing is sooner than at first"


def test_what_is_being_deployed_is_asked_as_often_as_at_first(poller: Poller, clock: Clock) -> None:
    assert set(pauses(poller, clock, *[listed("deploying")] * 4)) == {CLOUD}


def test_a_key_does_not_ask_a_scope_sooner_that_backs_off(poller: Poller, clock: Clock) -> None:
    pauses(poller, clock, *[listed()] * 3)
    clock.now = poller.snapshot.scope(AWS).due  # type: ignore[union-attr]
    poller.due()
    poller.failed(AWS, expired())
    before = poller.snapshot.scope(AWS).due  # type: ignore[union-attr]
    poller.stir()
    assert poller.snapshot.scope(AWS).due == before  # type: ignore[union-attr]
