"""The order of a run as events and spans: each step starts, and finishes or fails, exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from holodeck_tui.core.context import Context
from holodeck_tui.core.disk import disk_full, is_full
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import StepFailed, StepFinished, StepStarted
from holodeck_tui.core.values import Step
from holodeck_tui.pipeline.telemetry import PREFIX, Mark, Telemetry


class OpenStep:
    """What the code of a step may say about it."""

    def __init__(self, step: Step, mark: Mark) -> None:
        self.step = step
        self.mark = mark
        self.skipped = False
        self.detail = ""

    def skip(self, why: str) -> None:
        """Its work was done already, or is not needed."""
        self.skipped = True
        self.detail = why


class Steps:
    """Opens the steps of one run, one after the other."""

    def __init__(
        self,
        ctx: Context,
        telemetry: Telemetry,
        *,
        agent: str,
        provider: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ctx = ctx
        self._telemetry = telemetry
        self._facts = {"agent": agent, "provider": provider}
        self._clock = clock
        self.image: str | None = None

    @contextmanager
    def open(self, step: Step) -> Iterator[OpenStep]:
        """One step. Errors are emitted as its failure and raised; asked to stop, as ``Cancelled``."""
        self._ctx.cancel.check()
        started = self._clock()
        self._ctx.emit(StepStarted(step))
        try:
            with self._telemetry.span(f"{PREFIX}.{step}", step=step, image=self.image, **self._facts) as mark:
                opened = OpenStep(step, mark)
                with interruptible(self._ctx):
                    yield opened
                    self._ctx.cancel.check()
                mark.set(image=self.image, skipped=opened.skipped)
        except DeploymentError as error:
            self._ctx.emit(StepFailed(step, error))
            raise
        detail = self._ctx.redactor.clean(opened.detail)
        self._ctx.emit(StepFinished(step, round(self._clock() - started, 3), opened.skipped, detail))


@contextmanager
def interruptible(ctx: Context) -> Iterator[None]:
    """Whatever a block raises once it was asked to stop is that it was stopped."""
    try:
        yield
    except Cancelled:
        raise
    except KeyboardInterrupt as error:
        ctx.cancel.cancel()
        raise Cancelled from error
    except DeploymentError as error:
        # A connection closed by the cancel shows as a network fault.
        if ctx.cancel.cancelled:
            raise Cancelled((str(error), *error.details)) from error
        raise
    except Exception as error:
        # So does anything a library raises when its socket goes away under it.
        if ctx.cancel.cancelled:
            raise Cancelled from error
        if isinstance(error, OSError) and is_full(error):
            raise disk_full(error) from error
        raise
