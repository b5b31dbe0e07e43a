"""The judged state of deployments whose listing does not tell it: a few at a time, none asked too often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.values import ServiceRef, Status
from holodeck_tui.ui.rows import key_of

# Deployments asked in one round, and seconds that an answer (or a failure to get one) stands: a judgement
# costs a vendor several calls, and who looks at a screen of them shall not use up the account's rate.
_AT_ONCE, _STANDS = 4, 60.0

Ask = Callable[[ServiceRef, Context], Status]


def ask_status(ref: ServiceRef, ctx: Context) -> Status:
    """As the command ``status`` does. Blocks."""
    from holodeck_tui.pipeline.found import judge

    return judge(ref, ctx)


class Judge:
    """Keeps the last judgement of each. :meth:`round` blocks; the rest is for the UI thread."""

    def __init__(self, ask: Ask = ask_status, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._judged: dict[str, Status] = {}
        self._asked: dict[str, float] = {}
        self._guard = threading.Lock()

    def completed(self, status: Status) -> Status:
        """``status`` with what was judged where its listing does not tell."""
        if status.state is not None:
            return status
        with self._guard:
            judged = self._judged.get(key_of(status.ref))
        if judged is None:
            return status
        return replace(
            status,
            state=judged.state,
            detail=judged.detail,
            url=status.url or judged.url,
            image_uri=status.image_uri or judged.image_uri,
            revision=status.revision or judged.revision,
            created_at=status.created_at or judged.created_at,
            checked_at=judged.checked_at,
        )

    def wanted(self, listed: Iterable[Status]) -> list[ServiceRef]:
        """Those of ``listed`` to ask about now, in its order."""
        before = self._clock() - _STANDS
        with self._guard:
            refs = [
                status.ref
                for status in listed
                if status.state is None and self._asked.get(key_of(status.ref), before) <= before
            ]
        return refs[:_AT_ONCE]

    def round(self, refs: Iterable[ServiceRef], ctx: Context) -> None:
        """Ask about each, once. Raises Cancelled."""
        for ref in refs:
            try:
                judged = self._ask(ref, ctx)
            except Cancelled:
                raise
            except DeploymentError:
                judged = None  # its listing fails for the same reason, and tells it
            with self._guard:
                self._asked[key_of(ref)] = self._clock()
                if judged is not None:
                    self._judged[key_of(ref)] = judged

    def again(self) -> None:
        """What was judged is to be judged anew: something was done to it, or somebody asked."""
        with self._guard:
            self._asked.clear()
