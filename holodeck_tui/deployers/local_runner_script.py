"""The runner: keeps one revision of an agent running as a process, and its log with times.

Runs detached with nothing but the standard library: ``python -I local_runner_script.py FOLDER``. Its
own environment is the agent's: that is how secrets get there without standing in a file. One variable
more, which the agent does not get, says what its log must not hold.

FOLDER/run.json    {"command": [...], "cwd": "...", "prove": seconds, "stop": seconds, "log": bytes}
FOLDER/want        what shall be: prove (run, but end when it ends, or when nobody confirms it within
                   ``prove`` seconds), run (start again when it ends), pause, stop
FOLDER/state.json  what is: {"phase", "runner", "pid", "restarts", "exit_code", "since"}
FOLDER/log         one line each: RFC 3339 time in UTC, a space, the text; log.1 is the part before
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone
from typing import Any

# A JSON list of values, longest first.
MASK = "HOLODECK_RUNNER_MASK"
LOOK = 0.1
LONGEST_PAUSE = 30.0
# An agent that ran this long before it ended is started again without a pause (seconds).
STEADY = 60.0
LINE = 65536


class Log:
    """Timed lines in a file that is put aside when it has grown. ``secrets`` become ``***`` in it."""

    def __init__(self, path: str, limit: int, secrets: list[str]) -> None:
        self._path = path
        self._limit = limit
        self._secrets = secrets
        self._guard = threading.Lock()

    def write(self, text: str) -> None:
        """Append one line."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        data = f"{now} {text}\n".encode("utf-8", "replace")
        with self._guard, contextlib.suppress(OSError):  # a full disk must not end the agent
            with open(self._path, "ab") as file:  # noqa: PTH123 - no import that is not needed
                file.write(data)
                size = file.tell()
            if size > self._limit:
                os.replace(self._path, self._path + ".1")


class Runner:
    """One revision."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:  # noqa: PTH123, PTH118
            self._plan: dict[str, Any] = json.load(file)
        self._log = Log(self._at("log"), int(self._plan["log"]), json.loads(os.environ.pop(MASK, "") or "[]"))
        self._child: subprocess.Popen[bytes] | None = None
        self._pump: threading.Thread | None = None
        self._restarts = 0
        self._exit_code: int | None = None
        self._started = 0.0
        self._ended = False
        self._phase = ""
        self._delay = 0.0
        self._next = 0.0

    def _at(self, name: str) -> str:
        return os.path.join(self._folder, name)  # noqa: PTH118

    def want(self) -> str:
        """What shall be."""
        try:
            with open(self._at("want"), encoding="utf-8") as file:  # noqa: PTH123
                return file.read().strip()
        except FileNotFoundError:
            return "stop"  # the folder is gone, so nobody wants us
        except OSError:
            return "run"

    def tell(self, phase: str) -> None:
        """Say what is."""
        self._phase = phase
        state = {
            "phase": phase,
            "runner": os.getpid(),
            "pid": self._child.pid if self._child else None,
            "restarts": self._restarts,
            "exit_code": self._exit_code,
            "since": time.time(),
        }
        temporary = self._at(".state.tmp")
        with contextlib.suppress(OSError):
            with open(temporary, "w", encoding="utf-8") as file:  # noqa: PTH123
                json.dump(state, file)
            os.replace(temporary, self._at("state.json"))

    def start(self) -> None:
        """Start the agent."""
        own_group: dict[str, Any] = (
            {"start_new_session": True}
            if os.name == "posix"
            else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        )
        try:
            self._child = subprocess.Popen(
                self._plan["command"],
                cwd=self._plan["cwd"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                **own_group,
            )
        except OSError as error:
            self._log.write(f"The agent could not be started: {error}")
            self._exit_code = 127
            self._phase = "running"  # it ended at once
            return
        self._started = time.monotonic()
        self._pump = threading.Thread(target=self._read, args=(self._child,), daemon=True)
        self._pump.start()
        self.tell("running")

    def _read(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        while True:
            line = child.stdout.readline(LINE)
            if not line:
                return
            self._log.write(line.decode("utf-8", "replace").rstrip("\r\n"))

    def stop(self) -> None:
        """Ask the agent to end, and see to it."""
        child = self._child
        if child is None:
            return
        with contextlib.suppress(OSError):
            child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(float(self._plan["stop"]))
        self._kill_group(child)
        self.reap()

    def _kill_group(self, child: subprocess.Popen[bytes]) -> None:
        # Tools the agent started (MCP servers) end with it.
        if os.name == "posix":
            with contextlib.suppress(OSError):
                os.killpg(child.pid, signal.SIGKILL)
        elif child.poll() is None:
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(child.pid)],
                check=False,
                capture_output=True,
            )

    def reap(self) -> None:
        """Take the ended agent's exit code."""
        child = self._child
        if child is None:
            return
        self._exit_code = child.wait()
        if self._pump is not None:
            self._pump.join(2.0)
        self._child = None

    def run(self) -> int:
        """Until nobody wants the revision any more."""
        give_up = time.monotonic() + float(self._plan["prove"])
        self.start()
        while True:
            want = "stop" if self._ended else self.want()
            if want == "prove" and time.monotonic() > give_up:
                want = "stop"
            if want == "stop":
                self.stop()
                self.tell("exited")
                return 0
            if self._child is not None and self._child.poll() is not None:
                self._kill_group(self._child)
                self.reap()
                self._log.write(f"The agent ended with exit code {self._exit_code}.")
            if want == "pause":
                self.pause()
            elif self._child is None:
                if want == "prove":
                    self.tell("exited")
                    return 0
                self.wake()
            time.sleep(LOOK)

    def pause(self) -> None:
        """Stop the agent and stay."""
        if self._phase == "paused":
            return
        if self._child is not None:
            self.stop()
            self._log.write("The agent was stopped.")
        self._restarts, self._delay, self._next = 0, 0.0, 0.0
        self.tell("paused")

    def wake(self) -> None:
        """Start it again: at once after a pause, later and later when it keeps ending."""
        now = time.monotonic()
        if self._phase == "running":
            steady = now - self._started > STEADY
            self._delay = 1.0 if steady else min(max(self._delay * 2, 1.0), LONGEST_PAUSE)
            self._next = now + self._delay
            self._restarts += 1
            self.tell("restarting")
        if now >= self._next:
            self.start()

    def end(self, *_: object) -> None:
        """SIGTERM."""
        self._ended = True


def main() -> int:
    """The exit code."""
    runner = Runner(sys.argv[1])
    signal.signal(signal.SIGTERM, runner.end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return runner.run()


if __name__ == "__main__":
    sys.exit(main())
