"""stdout is data, stderr is narration; a reader that goes away is no reason for a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

import click

from holodeck_tui.core.disk import is_full


class Streams:
    """The two streams of a run. ``on_closed`` is called once, when nobody reads stdout any more.

    ``full`` is why stdout could not be written where it is a file for which there is no space.
    """

    def __init__(self, out: TextIO, err: TextIO, *, on_closed: Callable[[], None] = lambda: None) -> None:
        self.out = out
        self.err = err
        self.on_closed = on_closed
        self.closed = False
        self.full: OSError | None = None
        for stream in (out, err):
            if isinstance(stream, io.TextIOWrapper):
                # A terminal or pipe with a small character set (Windows, LANG=C) must not end a deploy.
                stream.reconfigure(errors="backslashreplace")

    def data(self, line: str) -> None:
        """One line on stdout, at once."""
        if self.closed:
            return
        try:
            self.out.write(line + "\n")
            self.out.flush()
        except OSError as error:
            # EPIPE, or EINVAL on Windows. What is still buffered would fail again at exit.
            self.closed = True
            if is_full(error):
                self.full = OSError(error.errno, error.strerror, "standard output")
            _to_nowhere(self.out)
            self.on_closed()

    def tell(self, text: str, *, colour: bool = False, end: str = "\n") -> None:
        """Narrate on stderr; when nobody listens there, go on without."""
        try:
            self.err.write((text if colour else click.unstyle(text)) + end)
            self.err.flush()
        except OSError:
            _to_nowhere(self.err)


def _to_nowhere(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def standard(on_closed: Callable[[], None] = lambda: None) -> Streams:
    """The process's own streams."""
    # A process started with a closed stream (`>&-`) has None there.
    nowhere = Path(os.devnull)
    return Streams(
        sys.stdout or nowhere.open("w", encoding="utf-8"),
        sys.stderr or nowhere.open("w", encoding="utf-8"),
        on_closed=on_closed,
    )


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at ``stream``; a closed or missing stream has nobody."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError, OSError):
        return False


def may_ask(environ: Mapping[str, str]) -> bool:
    """Whether a question would be seen and could be answered; CI never answers."""
    return not environ.get("CI") and is_terminal(sys.stdin) and is_terminal(sys.stderr)


def wants_colour(stream: TextIO, environ: Mapping[str, str], *, no_color: bool) -> bool:
    """Colour only for a terminal that shows it, and only when nobody objects (no-color.org)."""
    if no_color or environ.get("NO_COLOR") or environ.get("CI") or environ.get("TERM") == "dumb":
        return False
    return is_terminal(stream)
