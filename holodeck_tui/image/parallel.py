"""A few requests at once, of which the first that fails decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import TypeVar

Value = TypeVar("Value")
Answer = TypeVar("Answer")


class Workers:
    """Threads for blocking calls. Leaving the ``with`` block waits for what runs and drops what does not."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="registry")

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def start(self, call: Callable[[], Answer]) -> Future[Answer]:
        """Run ``call`` now; its future."""
        return self._pool.submit(call)

    def map(self, call: Callable[[Value], Answer], values: Iterable[Value]) -> list[Answer]:
        """Answers in the order of ``values``; raises what the first call that failed raised."""
        futures = [self._pool.submit(call, value) for value in values]
        return gather(futures)


def gather(futures: list[Future[Answer]]) -> list[Answer]:
    """Results in order. After a failure what has not begun is dropped, and the failure raised."""
    done, waiting = wait(futures, return_when=FIRST_EXCEPTION)
    failed = next((one for one in futures if one in done and one.exception()), None)
    if failed is not None:
        for future in waiting:
            future.cancel()
        wait([future for future in waiting if not future.cancelled()])
    return [future.result() for future in ([failed] if failed else futures)]
