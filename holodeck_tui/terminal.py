"""The terminal app on this process's terminal, and the plain end of a run that was left running in it."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.errors import ExitCode
from holodeck_tui.ui.launch import Launch

if TYPE_CHECKING:
    from holodeck_tui.ui.run_keeper import Run

_LOOK = 0.1


def open_app(given: Mapping[str, Any]) -> int:
    """Run the app with click's values; the exit code."""
    # Hardly anything made on the way to the first frame is garbage; the app turns it on again then.
    gc.disable()
    from holodeck_tui.ui.app import launch_app

    if given.get("no_color"):
        os.environ["NO_COLOR"] = "1"  # where Textual looks for it
    environ = dict(os.environ)
    code, run = launch_app(launch_of(given, environ))
    if run is None:
        return code
    return see_out(run, environ, ended=code)


def launch_of(given: Mapping[str, Any], environ: Mapping[str, str]) -> Launch:
    """What the command line said. A folder stands for the agent.yaml in it."""
    cwd = Path.cwd()
    agent = cwd / (given.get("agent") or "agent.yaml")
    if agent.is_dir():
        agent = agent / "agent.yaml"
    try:
        home = Path.home()
    except RuntimeError:
        home = Path(os.sep)  # a container's user without an entry in its passwd file
    return Launch(
        agent=agent,
        cwd=cwd,
        home=home,
        environ=environ,
        named=bool(given.get("agent")),
        target=given.get("target"),
        environment=given.get("env"),
        scopes=tuple(given.get("scope") or ()),
        read_only=bool(given.get("read_only")),
        builder=given.get("builder"),
        tag=given.get("tag"),
        no_cache=bool(given.get("no_cache")),
        create=bool(given.get("create")),
        dry_run=bool(given.get("dry_run")),
    )


def see_out(run: Run, environ: Mapping[str, str], *, ended: int = 0) -> int:
    """Narrate the rest of ``run`` until it is done, as ``--no-ui`` would; Ctrl-C cancels it."""
    from holodeck_tui.headless import report
    from holodeck_tui.headless.streams import standard, wants_colour
    from holodeck_tui.headless.text import Narration

    streams = standard()
    colour = wants_colour(streams.err, environ, no_color=False)
    show = Narration(streams, verbose=False, quiet=False, colour=colour, live=True)
    if run.running:
        streams.tell(f"{run.title}: {'stopping' if run.stopping else 'goes on here; Ctrl-C cancels it'}.")
    told = len(run.events)
    with _listening(run):
        while not run.done.wait(_LOOK):
            while told < len(run.events):
                show(run.events[told])
                told += 1
            show.tick()
    show.close()
    result = run.result
    if result is None:
        return ended or ExitCode.DEFECT
    if result.error is not None:
        for line in report.error_lines(result.error):
            streams.tell(line, colour=colour)
    elif result.deployment is not None:
        streams.tell(f"{run.title}: done. {result.deployment.url or ''}".rstrip())
    else:
        streams.tell(f"{run.title}: done.")
    return ended or result.exit_code


@contextlib.contextmanager
def _listening(run: Run) -> Iterator[None]:
    heard = 0

    def stop(_number: int, _frame: object) -> None:
        nonlocal heard
        heard += 1
        if heard > 1:
            os._exit(ExitCode.INTERRUPTED)
        run.cancel.cancel()

    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
