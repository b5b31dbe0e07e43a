"""``logs``: the running agent's own log, a line a line."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.headless.answer import Answer
from holodeck_tui.headless.session import Session
from holodeck_tui.headless.subject import subject_of
from holodeck_tui.pipeline import api

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def logs_command(session: Session) -> Answer:
    """The lines go out as events; what remains to be said is how it ended."""
    given = session.given
    options = api.LogOptions(
        follow=bool(given["follow"]),
        tail=given["tail"],
        since=None if given["since"] is None else moment(given["since"], datetime.now(timezone.utc)),
        grep=None if given["grep"] is None else _pattern(given["grep"]),
        system=bool(given["system"]),
    )
    result = subject_of(session).logs(options)
    if session.streams.closed and result.error is not None and result.error.code == "interrupted":
        return Answer()  # whoever read the lines has seen enough
    return Answer(exit_code=result.exit_code, result=result)


def moment(text: str, now: datetime) -> datetime:
    """``30s``, ``5m``, ``2h``, ``1d`` before ``now``, or an ISO 8601 date and time (UTC unless it says)."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    try:
        if match:
            return now - timedelta(seconds=float(match[1]) * _UNITS[match[2]])
        # Python 3.10 reads no Z.
        then = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text.strip()))
    except (ValueError, OverflowError) as error:
        raise DeploymentError(
            "usage",
            "The command line is wrong.",
            reason=f'--since "{text}" is no time',
            remedy="Write it as 30s, 5m, 2h, 1d or 2026-01-31T12:00:00Z.",
        ) from error
    return then if then.tzinfo else then.replace(tzinfo=timezone.utc)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise DeploymentError(
            "usage",
            "The command line is wrong.",
            reason=f'--grep "{text}" is no regular expression: {error}',
            remedy="Put a backslash before characters such as ( [ * + ? that stand for themselves.",
        ) from error
    return text
