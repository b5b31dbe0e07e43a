"""On a real pseudo terminal: questions, Ctrl-C while one is open, the moving line, colours."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are POSIX"),
]

# The real execute() around commands that ask or wait; what destroy asks about is tested with the target.
SCRIPT = """
import sys
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Progress, StepFinished, StepStarted
from holodeck_tui.headless import execute as e
from holodeck_tui.headless.answer import Answer
from holodeck_tui.headless.grammar import BY_NAME

def asks(session):
    if session.ask is None:
        return Answer(text=("nobody to ask",))
    return Answer(text=("said yes",) if session.ask("Remove it?") else ("said no",))

def works(session):
    session.ctx.emit(StepStarted("build"))
    session.ctx.log("build", ["Step 1/8 : FROM base"], detail=True)
    session.ctx.cancel.sleep(0.3)
    session.ctx.emit(StepFinished("build", 0.3))
    raise DeploymentError("build-failed", "It failed.", reason="so", remedy="do")

e._call = globals()[sys.argv[1]]
given = {"output": "text", "verbose": False, "quiet": False, "no_color": "--no-color" in sys.argv}
sys.exit(e.execute(BY_NAME["deploy"], given))
"""


def on_terminal(
    kind: str,
    tmp_path: Path,
    *,
    types: bytes = b"",
    after: bytes = b"",
    words: tuple[str, ...] = (),
    **environ: str,
) -> tuple[int, str]:
    """Exit code and all that the terminal got. ``types`` is typed once ``after`` has been shown."""
    import pty

    env = {name: value for name, value in os.environ.items() if name not in {"CI", "NO_COLOR"}}
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execve(
            sys.executable, [sys.executable, "-c", SCRIPT, kind, *words], {**env, "TERM": "xterm", **environ}
        )
    text, typed = b"", not types
    try:
        while part := os.read(terminal, 4096):
            text += part
            if not typed and after in text:
                typed = True
                time.sleep(0.1)
                os.write(terminal, types)
    except OSError:
        pass  # Linux answers EIO once the other side is closed
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), text.decode()


@pytest.mark.parametrize(("typed", "said"), [(b"y\n", "said yes"), (b"n\n", "said no"), (b"\n", "said no")])
def test_a_question_is_asked_and_answered(typed: bytes, said: str, tmp_path: Path) -> None:
    code, text = on_terminal("asks", tmp_path, types=typed, after=b"Remove it? [y/N]")
    assert code == 0
    assert said in text


def test_ctrl_c_at_a_question_is_130_and_no_traceback(tmp_path: Path) -> None:
    code, text = on_terminal("asks", tmp_path, types=b"\x03", after=b"Remove it? [y/N]")
    assert code == 130
    assert "said" not in text
    assert "Traceback" not in text
    assert "Interrupted" in text


def test_in_ci_nothing_is_asked_even_on_a_terminal(tmp_path: Path) -> None:
    assert on_terminal("asks", tmp_path, CI="true") == (0, "nobody to ask\r\n")


def test_one_line_moves_and_the_error_is_coloured(tmp_path: Path) -> None:
    code, text = on_terminal("works", tmp_path)
    assert code == 3
    assert "\r\x1b[2Kbuild: 0 s  Step 1/8 : FROM base" in text
    assert "\x1b[31m\x1b[1mError: \x1b[0mIt failed." in text


@pytest.mark.parametrize(
    ("words", "environ"),
    [(("--no-color",), {}), ((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"}), ((), {"CI": "1"})],
)
def test_colour_stays_away_where_somebody_objects(
    words: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    text = on_terminal("works", tmp_path, words=words, **environ)[1]
    assert "Error: It failed." in text
    assert "\x1b[3" not in text
    if "CI" in environ or "TERM" in environ:
        assert "\x1b" not in text
        assert "build: started" in text
