"""What the command line said, as the terminal app needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holodeck_tui.pipeline.types import Builder, RunOptions


@dataclass(frozen=True)
class Launch:
    """One start of the app. ``agent`` is the agent file (it need not exist); ``scopes`` as given.

    ``named`` says that the agent was named, not assumed. ``environ`` is the deploying shell's.
    """

    agent: Path
    cwd: Path
    home: Path
    environ: Mapping[str, str] = field(repr=False)
    named: bool = False
    target: str | None = None
    environment: str | None = None
    scopes: tuple[str, ...] = ()
    read_only: bool = False
    builder: Builder | None = None
    tag: str | None = None
    no_cache: bool = False
    create: bool = False
    dry_run: bool = False

    def run_options(self) -> RunOptions:
        """What the command line adds to every run of this app."""
        from holodeck_tui.pipeline.types import RunOptions

        return RunOptions(
            tag=self.tag,
            builder=self.builder,
            no_cache=self.no_cache,
            create=self.create,
            dry_run=self.dry_run,
        )
