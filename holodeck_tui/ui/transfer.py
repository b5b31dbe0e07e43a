"""How far a transfer is: a share that never goes back, a rate, the time that is left."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

# The rate is that of the last so many seconds: long enough to be calm, short enough to be true.
_WINDOW = 5.0
_SHORTEST = 1.0


@dataclass
class Transfer:
    """Fed with the progress of one step. Times in seconds of any clock, sizes in bytes.

    Layers turn up while others are sent, so a total grows and the share of what is done would fall;
    the share shown stays where it was until it is passed again.
    """

    current: int = 0
    total: int = 0
    share: float = 0.0
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)
    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, part: str, current: int, total: int, now: float) -> None:
        """One report; ``part`` is ``total`` for the sum of all."""
        if part != "total":
            self.parts[part] = (current, total)
            return
        self.current, self.total = max(self.current, current), max(self.total, total)
        if self.total > 0:
            self.share = max(self.share, min(1.0, self.current / self.total))
        self._seen.append((now, self.current))
        while len(self._seen) > 2 and now - self._seen[1][0] >= _WINDOW:
            self._seen.popleft()

    def rate(self, now: float) -> float | None:
        """Bytes a second; None before there is a second to tell it from."""
        if not self._seen:
            return None
        since, was = self._seen[0]
        return (self.current - was) / (now - since) if now - since >= _SHORTEST else None

    def left(self, now: float) -> float | None:
        """Seconds until all is there at the present rate; None where nobody can say."""
        rate = self.rate(now)
        return (self.total - self.current) / rate if rate else None

    @property
    def active(self) -> tuple[tuple[str, int, int], ...]:
        """The parts under way: name, current, total."""
        return tuple(
            (name, current, total) for name, (current, total) in self.parts.items() if 0 < current < total
        )


def span(seconds: float) -> str:
    """``8 s``, ``3 min``, ``2 min 5 s``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def clock(seconds: float) -> str:
    """``00:42``."""
    whole = max(0, int(seconds))
    return f"{whole // 60:02}:{whole % 60:02}"
