"""Progress of a push or a pull: each layer's, and one sum that never goes back."""

from __future__ import annotations

from collections.abc import Iterable

from holodeck_tui.core.context import Context
from holodeck_tui.core.events import Progress
from holodeck_tui.core.values import Step
from holodeck_tui.image.stream import Message

_DONE = (
    "Pushed",
    "Layer already exists",
    "Mounted from",
    "Pull complete",
    "Already exists",
    "Download complete",
)
# Said of a layer whose size is still to come.
_ANNOUNCED = ("Preparing", "Waiting", "Pulling fs layer")


class TransferProgress:
    """Sums what an engine tells of each layer while it pushes or pulls.

    There is no sum before the size of every layer is known: the small ones go first, and would be most of it.
    """

    def __init__(self, ctx: Context, step: Step) -> None:
        self._ctx = ctx
        self._step: Step = step
        self._parts: dict[str, tuple[int, int]] = {}
        self._announced: set[str] = set()
        self._shown = (0, 0)

    def read(self, messages: Iterable[Message]) -> None:
        """Take in a batch; emit each layer that moved once, then the sum."""
        moved: dict[str, None] = {}
        for message in messages:
            name = message.get("id")
            if isinstance(name, str):
                self._announce(name, str(message.get("status", "")))
                if self._note(name, message):
                    moved[name] = None
        for name in moved:
            current, total = self._parts[name]
            self._ctx.emit(Progress(self._step, self._ctx.redactor.clean(name), current, total))
        if not self._announced:
            self._sum()

    def _announce(self, name: str, status: str) -> None:
        """Keep those whose size is to come: before any sum, for what turns up later must not take it away."""
        if status in _ANNOUNCED and name not in self._parts and not self._shown[1]:
            self._announced.add(name)
        elif status not in _ANNOUNCED:
            self._announced.discard(name)

    def _note(self, name: str, message: Message) -> bool:
        before = self._parts.get(name)
        detail = message.get("progressDetail") or {}
        current, total = detail.get("current"), detail.get("total")
        if isinstance(current, int) and str(message.get("status")) in {"Pushing", "Downloading"}:
            size = max(total if isinstance(total, int) and total > 0 else current, current)
            old, old_size = before or (0, 0)
            # A layer that is sent again after a fault starts over; its bar does not.
            self._parts[name] = (max(old, current), max(old_size, size))
        elif before is not None and str(message.get("status", "")).startswith(_DONE):
            self._parts[name] = (before[1], before[1])
        return self._parts.get(name) != before

    def _sum(self) -> None:
        current = sum(part[0] for part in self._parts.values())
        total = sum(part[1] for part in self._parts.values())
        shown, shown_total = self._shown
        if shown_total and total:
            # A layer that appears now must not lower the share that was shown.
            current = max(current, shown, -(-shown * total // shown_total))
        current = min(current, total)
        if (current, total) != self._shown and total:
            self._shown = (current, total)
            self._ctx.emit(Progress(self._step, "total", current, total))
