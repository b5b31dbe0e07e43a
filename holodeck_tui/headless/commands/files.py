"""``init``, ``set`` and ``unset``: keys of agent.yaml, in place; every other byte stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from holodeck_tui.core.values import Change
from holodeck_tui.headless.answer import Answer
from holodeck_tui.headless.session import Session

if TYPE_CHECKING:
    from holodeck_tui.config.edit import Surroundings


def set_command(session: Session) -> Answer:
    """What was changed."""
    from holodeck_tui.config.edit import set_values

    words = list(session.given["words"])
    return _changes(session, set_values(session.agent_path, words, around=_around(session)))


def unset_command(session: Session) -> Answer:
    """What was removed."""
    from holodeck_tui.config.edit import unset_values

    words = list(session.given["words"])
    return _changes(session, unset_values(session.agent_path, words, around=_around(session)))


def init_command(session: Session) -> Answer:
    """What was written."""
    from holodeck_tui.config.edit import init_section

    given = session.given
    return _changes(
        session,
        init_section(
            session.agent_path,
            target=given["target"],
            registry=given["registry"],
            repository=given["repository"],
            sets=list(given["sets"]),
            around=_around(session),
        ),
    )


def _around(session: Session) -> Surroundings:
    from holodeck_tui.config.edit import Surroundings

    return Surroundings(environ=session.environ, cwd=session.cwd, home=session.home)


def _changes(session: Session, changes: Sequence[Change]) -> Answer:
    lines = [f"{change.path}: {_shown(change.before)} -> {_shown(change.after)}" for change in changes]
    return Answer(
        text=tuple(lines) or (f"{session.agent_path.name}: nothing to change",),
        quiet=tuple(change.path for change in changes),
        data={"changed": [change.as_json() for change in changes]},
    )


def _shown(value: object) -> str:
    return "(absent)" if value is None else str(value)
