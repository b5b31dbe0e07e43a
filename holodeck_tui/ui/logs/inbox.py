"""Lines on their way from any thread to the one that shows them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from holodeck_tui.ui.logs.store import NO_TIME, LogStore


@dataclass(frozen=True)
class Batch:
    """Lines of one source, cleaned, as they came. ``stamps`` are milliseconds since 1970 or ``NO_TIME``."""

    source: int
    texts: Sequence[str]
    stamps: Sequence[int]


class Inbox:
    """Batches that came and were not taken over yet. Thread-safe."""

    def __init__(self) -> None:
        self._batches: deque[Batch] = deque()
        self._guard = threading.Lock()

    def put(self, batch: Batch) -> bool:
        """Hand over lines; whether they are the first since all was taken."""
        with self._guard:
            self._batches.append(batch)
            return len(self._batches) == 1

    def take(self, most: int) -> list[Batch]:
        """The oldest batches, until that is ``most`` lines or more."""
        with self._guard:
            taken: list[Batch] = []
            count = 0
            while self._batches and count < most:
                taken.append(self._batches.popleft())
                count += len(taken[-1].texts)
            return taken

    def clear(self) -> None:
        """Forget what was not taken over."""
        with self._guard:
            self._batches.clear()


def append(store: LogStore, batches: Sequence[Batch]) -> None:
    """Add ``batches`` to ``store``; those of several sources in the order of their times."""
    if len({batch.source for batch in batches}) == 1:
        texts = [text for batch in batches for text in batch.texts]
        stamps = [stamp for batch in batches for stamp in batch.stamps]
        store.append(texts, stamps, [batches[0].source] * len(texts))
        return
    merged = [
        (stamp, batch.source, text)
        for batch in batches
        for text, stamp in zip(batch.texts, batch.stamps, strict=True)
    ]
    # Stable: lines without a time stay where they came. Of one moment, whichever thread was quicker, the
    # order is the deployments'.
    merged.sort(key=lambda line: (line[0], line[1] if line[0] != NO_TIME else 0))
    store.append(
        [text for _, _, text in merged],
        [stamp for stamp, _, _ in merged],
        [source for _, source, _ in merged],
    )
