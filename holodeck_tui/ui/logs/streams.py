"""Logs as they come in: one daemon thread a deployment, handing lines to a view."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from holodeck_tui import __version__
from holodeck_tui.core import crash
from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.logs.inbox import Batch
from holodeck_tui.ui.logs.store import NO_TIME

if TYPE_CHECKING:
    from holodeck_tui.ui.backend import Backend

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Wish:
    """Which history comes first: ``tail`` last lines, none before ``since``; ``system``: not the agent's.

    ``revision``: without the lines that are known to be another one's.
    """

    tail: int | None = 1000
    since: datetime | None = None
    system: bool = False
    revision: str = ""


class Stream:
    """One deployment's log. ``state`` is for people, ``over`` tells that nothing comes any more.

    ``error`` says why where it failed; ``changed`` is called by the thread.
    """

    def __init__(self, ref: ServiceRef, source: int, changed: Callable[[], None]) -> None:
        self.ref = ref
        self.source = source
        self.state = "connecting"
        self.error: DeploymentError | None = None
        self.over = False
        self._changed = changed
        self._token = CancelToken()

    def start(self, backend: Backend, wish: Wish, write: Callable[[Batch], None]) -> None:
        """Read until it ends or :meth:`stop`."""
        token = self._token
        threading.Thread(
            target=self._work, args=(backend, wish, write, token), name="log", daemon=True
        ).start()

    def stop(self) -> None:
        """End it; not waited for, since a vendor's client may take its time."""
        threading.Thread(target=self._token.cancel, daemon=True).start()

    def _work(self, backend: Backend, wish: Wish, write: Callable[[Batch], None], token: CancelToken) -> None:
        from holodeck_tui.deployers.base import LogQuery
        from holodeck_tui.pipeline import found

        query = LogQuery(follow=True, tail=wish.tail, since=wish.since, system=wish.system)
        ctx = backend.context(cancel=token)
        try:
            self._say("following")
            for line in found.log_lines(self.ref, query, ctx):
                if wish.revision and line.source not in {"", wish.revision}:
                    continue
                text = line.text.expandtabs(4) if "\t" in line.text else line.text
                write(Batch(self.source, (text,), (_stamp(line.timestamp),)))
            self._say("ended", over=True)
        except Cancelled:
            return
        except DeploymentError as error:
            self.error = error
            self._say("failed", over=True)
        except Exception as defect:  # one stream must not take the others with it
            log = crash.write_log(crash.describe(defect, backend.redactor), "logs", __version__)
            self.error = crash.as_error(defect, log, backend.redactor)
            self._say("failed", over=True)
        finally:
            backend.forget(ctx)

    def _say(self, state: str, *, over: bool = False) -> None:
        self.state, self.over = state, over
        self._changed()


def _stamp(moment: datetime | None) -> int:
    return NO_TIME if moment is None else int(moment.timestamp() * 1000)


def wish_from(text: str, system: bool, now: datetime | None = None) -> Wish:
    """``500`` (lines), ``5m``, ``2h``, ``all``. Raises ValueError with what is wrong."""
    word = text.strip().lower()
    if word in {"all", ""}:
        return Wish(None, None, system)
    if word.isdigit():
        return Wish(int(word), None, system)
    number, unit = word[:-1], word[-1]
    if unit in _UNITS and number.replace(".", "", 1).isdigit():
        moment = now or datetime.now(timezone.utc)
        return Wish(None, moment - timedelta(seconds=float(number) * _UNITS[unit]), system)
    raise ValueError(f'"{sanitize(text)}" is neither a number of lines nor a time such as 30s, 5m, 2h, 1d')
