"""What the shell sees: parse, choose the front end, return the exit code. Imports nothing heavy."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from shlex import quote
from typing import Any, NoReturn

import click

from holodeck_tui import __version__
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.headless.grammar import APP, BY_NAME, Spec, group
from holodeck_tui.headless.options import TARGETS, valued
from holodeck_tui.headless.words import arrange, settle, wants_json

PROGRAM = "holodeck-deploy-tui"


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """The console script: run and exit."""
    # As Ctrl-C from the first line on; a command then listens itself.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit code and never raises."""
    words = arrange(argv, BY_NAME, valued())
    name, rest = words.command, list(words.rest)
    if name is None:
        options = rest[: rest.index("--")] if "--" in rest else rest
        if {"-h", "--help", "--version"} & set(options):
            name, rest = None, [word for word in options if word in {"-h", "--help", "--version"}][:1]
        else:
            name = "deploy" if "--no-ui" in options else APP.name
    try:
        code = group(_run, __version__).main(
            args=[name, *rest] if name else rest, prog_name=PROGRAM, standalone_mode=False
        )
        return int(code or 0)
    except click.UsageError as error:
        return _usage(error, argv, name)
    except (click.Abort, KeyboardInterrupt):
        # Before the command has its own handlers.
        return _tell(Cancelled(), json=wants_json(argv), stream=_is_stream(name))
    except OSError as error:
        from holodeck_tui.core.disk import disk_full, is_full

        if not isinstance(error, BrokenPipeError) and not is_full(error):
            raise
        # `--help | head`: what is left in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not is_full(error):
            return 0
        lost = disk_full(OSError(error.errno, error.strerror, "standard output"))
        return _tell(lost, json=False, stream=False)


def _run(spec: Spec, given: dict[str, Any]) -> int:
    _known_target(given.get("target"))
    if spec.words:
        try:
            given["words"], given["agent"] = settle(spec.name, given["words"])
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    if spec is APP:
        return _app(given)
    from holodeck_tui.headless.execute import execute

    return execute(spec, given)


def _app(given: dict[str, Any]) -> int:
    from holodeck_tui.headless.streams import is_terminal

    json = given.get("output") == "json"
    unknown = _neither(given.get("agent"))
    if unknown is not None:
        return _tell(unknown, json=json, stream=False)
    # Textual draws on stderr.
    if all(map(is_terminal, (sys.stdin, sys.stdout, sys.stderr))):
        from holodeck_tui.terminal import open_app

        return open_app(given)
    error = DeploymentError(
        "no-terminal",
        "The terminal app needs a terminal.",
        reason="standard input, output and error are not all one",
        remedy=f"Use --no-ui: {_headless(given)}",
    )
    return _tell(error, json=json, stream=False)


def _headless(given: dict[str, Any]) -> str:
    agent = given.get("agent")
    return f"{PROGRAM} --no-ui {quote(agent)}" if agent else f"{PROGRAM} --no-ui"


def _neither(word: str | None) -> DeploymentError | None:
    """What to say of a first word that is close to a command and no file."""
    if not word or os.path.exists(word):  # noqa: PTH110 - pathlib is not imported for a plain --help
        return None
    from difflib import get_close_matches

    near = get_close_matches(word, BY_NAME, n=1, cutoff=0.6)
    return (
        None
        if not near
        else DeploymentError(
            "usage",
            f'"{word}" is neither a command nor a file.',
            reason=f"the command nearest to it is {near[0]}",
            remedy=f"{PROGRAM} {near[0]}",
        )
    )


def _known_target(target: str | None) -> None:
    if target is None or target in TARGETS:
        return
    from holodeck_tui.core.targets import known_targets

    known = known_targets()
    if target not in known:
        raise click.BadParameter(f"{target!r} is not one of {', '.join(known)}", param_hint="'--target'")


def _usage(error: click.UsageError, argv: Sequence[str], name: str | None) -> int:
    command = "" if name in {None, APP.name} else f"{name} "
    return _tell(
        DeploymentError(
            "usage",
            "The command line is wrong.",
            reason=error.format_message().rstrip("."),
            remedy=f"{PROGRAM} {command}--help",
        ),
        json=wants_json(argv),
        stream=_is_stream(name),
    )


def _is_stream(name: str | None) -> bool:
    spec = BY_NAME.get(name or "")
    return spec is not None and spec.stream


def _tell(error: DeploymentError, *, json: bool, stream: bool) -> int:
    from holodeck_tui.headless import report
    from holodeck_tui.headless.streams import standard, wants_colour

    streams = standard()
    colour = wants_colour(streams.err, os.environ, no_color="--no-color" in sys.argv)
    for line in report.error_lines(error):
        streams.tell(line, colour=colour)
    if json:
        code = int(error.exit_code)
        streams.data(
            report.result_line(exit_code=code, error=error)
            if stream
            else report.as_json(report.error_document(error))
        )
    return int(error.exit_code)
