"""What the image part of a run made, or would make."""

from __future__ import annotations

from dataclasses import dataclass

from holodeck_tui.core.values import ImageRef
from holodeck_tui.pipeline.types import PlannedStep
from holodeck_tui.state.values import BuildRecord


@dataclass(frozen=True)
class Done:
    """What a step made: ``record`` is to be remembered; None for a layout, which nothing deploys."""

    image: ImageRef | None
    record: BuildRecord | None
    skipped: bool
    detail: str


@dataclass(frozen=True)
class Rehearsal:
    """What build and push would do. ``image`` is the one that is there already, ``uri`` its name."""

    build: PlannedStep
    push: PlannedStep
    image: ImageRef | None = None
    uri: str | None = None
