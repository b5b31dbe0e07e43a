"""What every operation on one agent starts from: its key, its records, its deployer, its lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from holodeck_tui.config.masking import masked_values
from holodeck_tui.config.resolve import Settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.disk import is_full
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.base import BaseDeployer, HasRegistry
from holodeck_tui.deployers.catalog import create_deployer
from holodeck_tui.state.folder import StateFolder
from holodeck_tui.state.journal import FileJournal
from holodeck_tui.state.lock import Key, RunLock
from holodeck_tui.state.records import Records

if TYPE_CHECKING:
    from holodeck_tui.image.credentials import CredentialSource
    from holodeck_tui.state.journal import OpenIntent


@dataclass(frozen=True)
class Job:
    """One agent, environment and target. ``ctx`` has the journal once the lock is held."""

    settings: Settings
    ctx: Context
    key: Key
    folder: StateFolder
    records: Records
    deployer: BaseDeployer


def make_job(settings: Settings, ctx: Context) -> Job:
    """Without a lock: for what only reads. Raises ``sdk-missing`` where the target's extra is missing.

    From here on every value that the agent's files take from a variable is masked.
    """
    ctx.redactor.add(*masked_values(settings))
    key = Key(settings.agent_name, settings.environment, settings.target)
    folder = StateFolder(settings.agent_dir)
    records = Records(folder, ctx.warn)
    return Job(settings, ctx, key, folder, records, create_deployer(settings.target))


@contextmanager
def locked_job(settings: Settings, ctx: Context) -> Iterator[Job]:
    """With the lock and the journal: for what changes something. Raises ``locked`` at once.

    What a killed run left open is told first. It is settled once the block has ended without an
    error: every change is made anew from what the target says is there, so doing it again is enough.
    """
    job = make_job(settings, ctx)
    with RunLock(job.folder, job.key) as lock:
        journal = FileJournal(job.folder, job.key, ctx.redactor)
        left = journal.open_intents()
        if lock.left_by is not None:
            ctx.warn(f"The last run did not come to its end: {lock.left_by}.")
        _tell(left, ctx)
        yield replace(job, ctx=replace(ctx, journal=journal))
        for intent in left:
            journal.outcome(intent.id, "recovered")


def credential_sources(job: Job) -> Sequence[CredentialSource]:
    """Who may log in to a registry for this target, beside variables and docker's configuration."""
    return job.deployer.credential_sources(job.settings) if isinstance(job.deployer, HasRegistry) else ()


@contextmanager
def journalled(ctx: Context, action: str, **facts: str | None) -> Iterator[None]:
    """Note on disk that a block is about to change something outside, and after it how it went.

    A defect leaves the intent open, as a kill does: nobody knows how far it came.
    """
    intent = ctx.journal.intent(action, **{name: fact for name, fact in facts.items() if fact is not None})
    try:
        yield
    except Cancelled:
        ctx.journal.outcome(intent, "cancelled")
        raise
    except DeploymentError as error:
        ctx.journal.outcome(intent, "failed", code=error.code)
        raise
    except OSError as error:
        if is_full(error):
            ctx.journal.outcome(intent, "failed", code="disk-full")
        raise
    ctx.journal.outcome(intent, "done")


def _tell(left: list[OpenIntent], ctx: Context) -> None:
    for intent in left:
        ctx.warn(f"It was stopped during: {intent}. This run looks at what is there and goes on.")
