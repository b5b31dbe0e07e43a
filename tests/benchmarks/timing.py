"""Time two things in turn, so that a machine that drifts drifts for both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One printed line: what, the figure, the goal, and the seconds behind it."""

    what: str
    figure: str
    goal: str
    behind: str = ""


def seconds(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def alternate(
    ours: Callable[[], object], theirs: Callable[[], object], *, runs: int = 5, warm: int = 1
) -> tuple[float, float, float]:
    """Median seconds of both and the median of the pairwise ratio ours/theirs, A B A B ."""
    for _ in range(warm):
        ours()
        theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def ratio(
    what: str, goal: str, ours: Callable[[], object], theirs: Callable[[], object], *, runs: int = 5
) -> Row:
    """A row that says how many times as long ours takes as theirs."""
    a, b, times = alternate(ours, theirs, runs=runs)
    return Row(what, f"{times:.2f}x", goal, f"{a:.3f} s against {b:.3f} s")


def show(rows: list[Row]) -> None:
    """Print the rows as an aligned table."""
    widths = [max(len(getattr(row, name)) for row in rows) for name in ("what", "figure", "goal")]
    for row in rows:
        print(
            f"{row.what:<{widths[0]}}  {row.figure:>{widths[1]}}  goal {row.goal:<{widths[2]}}  {row.behind}"
        )
