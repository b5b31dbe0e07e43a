"""Run one command and end as the contract says: output, error lines, exit code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import click

from holodeck_tui import __version__
from holodeck_tui.core import crash
from holodeck_tui.core.disk import disk_full, is_full
from holodeck_tui.core.errors import Cancelled, DeploymentError, ExitCode
from holodeck_tui.core.events import Result
from holodeck_tui.headless import report
from holodeck_tui.headless.answer import Answer
from holodeck_tui.headless.grammar import Spec
from holodeck_tui.headless.ndjson import JsonLines
from holodeck_tui.headless.session import Session
from holodeck_tui.headless.signals import Worker
from holodeck_tui.headless.streams import is_terminal, may_ask, standard, wants_colour
from holodeck_tui.headless.text import Narration

_HOMES = {
    "pipeline": ("build", "push", "run", "deploy", "plan"),
    "service": ("status", "list", "pause", "resume", "chat"),
    "logs": ("logs",),
    "change": ("destroy", "rollback"),
    "files": ("init", "set", "unset"),
    "inspect": ("validate", "bundle", "schema", "doctor"),
    "base": ("base",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def execute(spec: Spec, given: Mapping[str, Any]) -> int:
    """Run ``spec`` with click's values in this process's environment; returns the exit code."""
    session = open_session(spec, given)
    worker: Worker[Answer] = Worker(
        session.cancel,
        tick=session.show.tick,
        stopping=lambda: _stopping(session),
        leave=lambda: _leave(session),
    )
    if may_ask(session.environ):
        session.ask = lambda question: worker.ask(lambda: _confirm(session, question))
    try:
        answer = worker.run(lambda: _work(session))
    except DeploymentError as error:
        answer = _failed(session, error)
    except Exception as error:  # the last place that can say something useful
        if isinstance(error, OSError) and is_full(error):
            answer = _failed(session, disk_full(error))
        else:
            answer = _crashed(session, error)
    finally:
        session.show.close()
    return _finish(session, answer)


def open_session(spec: Spec, given: Mapping[str, Any]) -> Session:
    """The session of this process: its streams, environment and folders."""
    streams = standard()
    environ = os.environ
    verbose, quiet = bool(given.get("verbose")), bool(given.get("quiet"))
    show: JsonLines | Narration
    # Where stdout is for one document, what happens on the way is told on stderr, as to a reader.
    if given.get("output") == "json" and spec.stream:
        show = JsonLines(streams, verbose=verbose, quiet=quiet)
    else:
        colour = wants_colour(streams.err, environ, no_color=bool(given.get("no_color")))
        live = is_terminal(streams.err) and not environ.get("CI") and environ.get("TERM") != "dumb"
        show = Narration(streams, verbose=verbose, quiet=quiet, colour=colour, live=live)
    session = Session(spec, given, environ, _here(), _home(), streams, show)
    # A reader that went away wants no more lines; what changes things outside goes on to its end.
    streams.on_closed = session.cancel.cancel if spec.name == "logs" else lambda: None
    return session


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path(os.environ.get("PWD") or os.sep)


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        # A container's user without an entry in its passwd file.
        return Path(os.sep)


def _work(session: Session) -> Answer:
    session.learn_secrets()
    return _call(session)


def _call(session: Session) -> Answer:
    module = import_module(f"holodeck_tui.headless.commands.{_MODULES[session.spec.name]}")
    function = getattr(module, f"{session.spec.name}_command")
    return cast(Answer, function(session))


def _confirm(session: Session, question: str) -> bool:
    session.show.close()
    try:
        return click.confirm(question, default=False, err=True)
    except click.Abort:
        raise KeyboardInterrupt from None


def _stopping(session: Session) -> None:
    if not session.quiet:
        session.streams.tell("Stopping ... (once more leaves at once)")


def _leave(session: Session) -> None:
    line = ""
    if session.json:
        error = Cancelled()
        line = (
            report.result_line(exit_code=ExitCode.INTERRUPTED, agent=session.agent_name, error=error)
            if session.spec.stream
            else report.as_json(report.error_document(error))
        )
    if line:
        os.write(session.streams.out.fileno(), (line + "\n").encode())


def _failed(session: Session, error: DeploymentError) -> Answer:
    if session.streams.closed and session.cancel.cancelled and error.code == "interrupted":
        return Answer(exit_code=0)
    error = report.cleaned(error, session.redactor.clean)
    result = Result(False, int(error.exit_code), session.agent_name, error=error)
    return Answer(exit_code=error.exit_code, result=result, data=report.error_document(error))


def _crashed(session: Session, defect: Exception) -> Answer:
    trace = crash.describe(defect, session.redactor)
    log = crash.write_log(trace, session.spec.name, __version__)
    session.show.close()
    session.streams.tell(trace)
    return _failed(session, crash.as_error(defect, log, session.redactor))


def _finish(session: Session, answer: Answer) -> int:
    result = answer.result
    if result is not None and result.error is not None:
        error = report.cleaned(result.error, session.redactor.clean)
        result = replace(result, error=error)
        _tell_error(session, error)
    if session.json:
        if session.spec.stream and isinstance(session.show, JsonLines):
            session.show.result(result or Result(answer.exit_code == 0, answer.exit_code, session.agent_name))
        elif answer.data is not None:
            session.streams.data(report.as_json(answer.data))
    else:
        for line in answer.quiet if session.quiet else answer.text:
            session.streams.data(line)
    if session.streams.full is not None and not answer.exit_code:
        # Whoever reads the file would take what is not there for all there is.
        error = disk_full(session.streams.full)
        _tell_error(session, error)
        return int(error.exit_code)
    return int(answer.exit_code)


def _tell_error(session: Session, error: DeploymentError) -> None:
    err = session.streams.err
    colour = wants_colour(err, session.environ, no_color=bool(session.given.get("no_color")))
    for line in report.error_lines(error, verbose=session.verbose):
        # Causes are other packages' words and were never cleaned.
        session.streams.tell(session.redactor.clean(line, keep_colour=True), colour=colour)
