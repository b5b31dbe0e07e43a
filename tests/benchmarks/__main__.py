"""``make bench``: every benchmark, printed as ratios of one run beside its goal."""

from __future__ import annotations

from tests.benchmarks import engine, layers, ui
from tests.benchmarks.timing import show

if __name__ == "__main__":
    show([*engine.rows(), *layers.rows(), *ui.rows()])
