"""The five steps, one under the other: state, time taken, what is done or waited for."""

from __future__ import annotations

import textwrap

from textual.content import Content
from textual.widgets import Static

from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.units import size
from holodeck_tui.ui.base_app import app_of
from holodeck_tui.ui.pipeline_view import PipelineView, StepView
from holodeck_tui.ui.transfer import Transfer, span

# state → glyph, the same in ASCII, the theme's colour
_LOOKS = {
    "unknown": ("·", ".", "$secondary"),
    "run": ("▸", ">", "$primary"),
    "skip": ("–", "-", "$secondary"),  # noqa: RUF001 - a dash is what is meant
    "earlier": ("–", "-", "$secondary"),  # noqa: RUF001 - a dash is what is meant
    "next": ("·", ".", "$secondary"),
    "running": ("◐", "~", "$primary"),
    "done": ("✔", "+", "$success"),
    "skipped": ("–", "-", "$success"),  # noqa: RUF001 - a dash is what is meant
    "failed": ("✖", "x", "$error"),
}
# Cells of the bar: in a narrow list it is shorter, for the numbers beside it say more.
_BAR, _SHORTEST = 20, 5
_INDENT = 19
_FOLDED = 3


class StepList(Static):
    """Draws a view as it is at a moment; whoever owns the view says when to draw again."""

    DEFAULT_CSS = """
    StepList { height: auto; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def show(self, view: PipelineView, now: float) -> None:
        """Draw ``view`` as it is at ``now``."""
        width = max(20, self.content_size.width or 40)
        lines: list[Content] = []
        for step in view.steps.values():
            lines += self._step(step, now, width)
        self.update(Content("\n").join(lines))

    @property
    def _unicode(self) -> bool:
        return app_of(self).glyphs.unicode

    def _step(self, step: StepView, now: float, width: int) -> list[Content]:
        glyph, plain, colour = _LOOKS[step.state]
        muted = step.state in {"unknown", "skip", "earlier", "next"}
        head = Content.assemble(
            (glyph if self._unicode else plain, colour),
            " ",
            (f"{step.step:<7}", "$secondary" if muted else "bold"),
            (f"{_took(step, now):>8}", "$secondary"),
            "  ",
        )
        told = [part for line in _told(step) for part in _folded(sanitize(line), width - _INDENT)]
        lines = [head + Content(told[0]) if told else head]
        lines += [Content(" " * _INDENT + line) for line in told[1:]]
        if step.state == "running":
            lines += [Content(" " * _INDENT + sanitize(line)) for line in self._under_way(step, now, width)]
        return [line.truncate(width, ellipsis=True) for line in lines]

    def _under_way(self, step: StepView, now: float, width: int) -> list[str]:
        lines = []
        if step.waits and step.due is not None:
            left = step.due - now
            lines.append(f"at most {span(left)} more" if left > 0 else "the time for it is over")
        return [*lines, *self._sum(step.transfer, now, width), *_parts(step.transfer)]

    def _sum(self, transfer: Transfer, now: float, width: int) -> list[str]:
        if not transfer.total:
            return []
        full, empty = ("█", "░") if self._unicode else ("#", ".")
        told = f" {transfer.share:4.0%}  {size(transfer.current)} of {size(transfer.total)}"
        bar = max(_SHORTEST, min(_BAR, width - _INDENT - len(told)))
        filled = int(transfer.share * bar)
        lines = [f"{full * filled}{empty * (bar - filled)}{told}"]
        rate, left_over = transfer.rate(now), transfer.left(now)
        facts = [f"{size(rate)}/s"] if rate else []
        facts += [f"{span(left_over)} left"] if left_over is not None else []
        if facts:
            lines.append(" · ".join(facts) if self._unicode else ", ".join(facts))
        return lines


def _parts(transfer: Transfer) -> list[str]:
    """Those under way, also while nobody knows how much there is in all."""
    lines = [
        f"{name[:12]}  {current / total:4.0%} of {size(total)}" for name, current, total in transfer.active
    ]
    more = len(lines) - 3
    return [*lines[:3], f"and {more} more at once"] if more > 0 else lines


def _folded(text: str, width: int) -> list[str]:
    """In lines of the room there is; the last of them says all the rest, and is cut where it is drawn."""
    lines = textwrap.wrap(text, max(12, width), break_long_words=False, break_on_hyphens=False)
    return [*lines[: _FOLDED - 1], " ".join(lines[_FOLDED - 1 :])] if len(lines) > _FOLDED else lines


def _took(step: StepView, now: float) -> str:
    if step.state == "skipped":
        return "skipped"
    if step.seconds is not None:
        return f"{step.seconds:.1f} s"
    if step.state == "running" and step.started is not None:
        return f"{max(0.0, now - step.started):.0f} s"
    words = {"run": "run", "skip": "skip", "earlier": "earlier"}
    return words.get(step.state, "")


def _told(step: StepView) -> list[str]:
    if step.state == "running":
        return [f"waits for {step.waits}"] if step.waits else []
    return [step.detail] if step.detail else []
