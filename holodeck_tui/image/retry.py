"""Trying again: backoff that starts short, what the server asks for where it asks, and an end."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import Step
from holodeck_tui.image.registry_errors import Transient

if TYPE_CHECKING:
    from tenacity import RetryCallState

Answer = TypeVar("Answer")

ATTEMPTS = 6
# Seconds: 0.2, 0.4, 0.8, … less up to a half by chance, so that parallel uploads do not return as one.
_FIRST, _LONGEST = 0.2, 8.0
# A server that asks for more than this is not waited for: the user decides.
_PATIENCE = 120.0


def retrying(ctx: Context, step: Step, what: str, call: Callable[[], Answer]) -> Answer:
    """Call until it returns or raises anything but :class:`Transient`; then raise what that held.

    Waits are told as events and end at once when the run is cancelled.
    """
    from tenacity import Retrying, retry_if_exception

    retries = Retrying(
        sleep=ctx.cancel.sleep,
        wait=_pause,
        stop=_enough,
        retry=retry_if_exception(lambda fault: isinstance(fault, Transient)),
        before_sleep=lambda state: _tell(ctx, step, what, state),
        reraise=True,
    )
    try:
        return retries(call)
    except Transient as fault:
        raise fault.error from fault.__cause__


def retry_after(header: str | None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, given as seconds or as a date; None without."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())


def _fault(state: RetryCallState) -> Transient | None:
    fault = state.outcome.exception() if state.outcome else None
    return fault if isinstance(fault, Transient) else None


def _pause(state: RetryCallState) -> float:
    fault = _fault(state)
    if fault is not None and fault.after is not None:
        return fault.after
    longest: float = min(_LONGEST, _FIRST * 2.0 ** (state.attempt_number - 1))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads load, guards nothing


def _enough(state: RetryCallState) -> bool:
    fault = _fault(state)
    if fault is not None and fault.after is not None and fault.after > _PATIENCE:
        return True
    return state.attempt_number >= ((fault.tries if fault else None) or ATTEMPTS)


def _tell(ctx: Context, step: Step, what: str, state: RetryCallState) -> None:
    fault = _fault(state)
    if fault is None or state.next_action is None:
        return
    seconds = state.next_action.sleep
    ctx.log(step, [f"{fault.error}; trying again in {seconds:.1f} s"], detail=True)
    if seconds >= 1:
        ctx.wait_for(step, what, seconds)
