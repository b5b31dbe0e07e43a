"""The process runtime: the bundle in a folder of its own, ``holodeck serve`` detached. No engine."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.files import atomic_write
from holodeck_tui.deployers import local_process_logs as logs
from holodeck_tui.deployers import local_process_view as views
from holodeck_tui.deployers.base import LogLine, ServiceSpec
from holodeck_tui.deployers.local_env import masked_in_log, process_environment
from holodeck_tui.deployers.local_names import short
from holodeck_tui.deployers.local_ports import HOST, any_free, holding_process, port_taken
from holodeck_tui.deployers.local_process_files import (
    RevisionFolder,
    ServiceFolder,
    folders,
    remove_tree,
    write_json,
)
from holodeck_tui.deployers.local_processes import end, is_ours, spawn, until
from holodeck_tui.deployers.local_runner_script import MASK
from holodeck_tui.deployers.local_values import Facts, Pointer, Remaining, RuntimeName, Unit, View

# Seconds the agent has to end by itself (open chats), and the runner a little more.
_STOP = 10.0
_RUNNER_STOPS = _STOP + 5.0
_LOG_BYTES = 10 * 1024 * 1024
# Longer than any proof: an unconfirmed runner ends by itself this long after the proof's deadline.
_GRACE = 120.0


def find_holodeck(environ: Mapping[str, str]) -> str:
    """The ``holodeck`` command: beside the Python that runs us, else on the shell's PATH."""
    beside = shutil.which("holodeck", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("holodeck", path=environ.get("PATH", ""))
    if found:
        return found
    raise DeploymentError(
        "holodeck-missing",
        "The agent cannot run as a process of this machine.",
        reason="the holodeck command is neither beside this Python nor on PATH",
        remedy="pip install 'holodeck-deploy-tui[local]'",
    )


class ProcessRuntime:
    """Services as folders below ``root``, revisions as processes that only this user owns."""

    name: ClassVar[RuntimeName] = "process"
    # Each keeps a small process that holds its environment in memory: on disk it may not stand.
    keep = 1

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self._root = root
        self._environ = environ

    def services(self) -> list[str]:
        """Names of all services."""
        return folders(self._root / "process")

    def view(self, service: str) -> View | None:
        """The service now."""
        return views.read_view(ServiceFolder(self._root, service))

    def unit(self, name: str) -> Unit | None:
        """One revision now."""
        return views.read_unit(self._revision(name), name)

    def prepare(self, facts: Facts) -> None:
        """Make the service's folder."""
        ServiceFolder(self._root, facts.service).make(facts)

    def launch(
        self,
        name: str,
        facts: Facts,
        spec: ServiceSpec,
        values: Mapping[str, str],
        ctx: Context,
        *,
        avoid: int | None = None,
    ) -> None:
        """Write the bundle and start its runner."""
        from holodeck_tui.bundle.ship import write_tree

        program = find_holodeck(self._environ)
        folder = self._revision(name)
        remove_tree(folder.path)
        for part in ("home", "tmp"):
            (folder.path / part).mkdir(parents=True, mode=0o700)
        write_tree(spec.bundle, folder.app, ctx)
        port = any_free(avoid)
        agent = folder.app / "agent.yaml"
        command = [program, "serve", str(agent), "--host", HOST, "--port", str(port)]
        command += ["--protocol", facts.protocol, *_noise(values.get("HOLODECK_LOG_LEVEL", "info"))]
        atomic_write(folder.path / "facts.json", facts.to_json().encode())
        prove = spec.health.timeout + _GRACE
        run = {"command": command, "cwd": str(folder.app), "prove": prove, "stop": _STOP, "log": _LOG_BYTES}
        write_json(folder.path / "run.json", run)
        folder.ask("prove")
        environ = process_environment(values, folder.path, self._environ)
        environ.update(HOLODECK_PORT=str(port), HOLODECK_AGENT_CONFIG=str(agent))
        environ[MASK] = json.dumps(masked_in_log(spec, values))
        ctx.cancel.check()
        pid = spawn(
            "local_runner_script.py",
            [str(folder.path)],
            folder=folder.path,
            log=folder.path / "runner.log",
            environ=environ,
        )
        write_json(folder.path / "process.json", {"runner": pid, "port": port, "created_at": time.time()})

    def confirm(self, name: str) -> None:
        """From now on it is started again when it ends."""
        self._revision(name).ask("run")

    def wake(self, name: str) -> None:
        """Let its runner start it again."""
        folder = self._revision(name)
        if not is_ours(folder.made.get("runner"), str(folder.path)):
            raise DeploymentError(
                "deploy-failed",
                f"{name} cannot be started again.",
                reason="its process is gone, and its environment with it: values are not kept on disk",
                remedy="holodeck-deploy-tui deploy --target local",
            )
        folder.ask("run")
        until(lambda: folder.state.get("phase") != "paused", 5.0)

    def halt(self, name: str) -> None:
        """Stop it; its runner keeps its environment in memory."""
        folder = self._revision(name)
        runner = folder.made.get("runner")
        if not is_ours(runner, str(folder.path)):
            return
        folder.ask("pause")
        until(
            lambda: folder.state.get("phase") == "paused" or not is_ours(runner, str(folder.path)),
            _RUNNER_STOPS,
        )

    def remove(self, name: str) -> None:
        """End its processes and remove its folder."""
        folder = self._revision(name)
        if not folder.path.is_dir():
            return
        mark = str(folder.path)
        state = folder.state
        pids = {folder.made.get("runner"), state.get("runner")}
        folder.ask("stop")
        until(lambda: not any(is_ours(pid, mark) for pid in pids), _RUNNER_STOPS)
        for pid in (*pids, state.get("pid")):
            end(pid, mark)
        remove_tree(folder.path)

    def address(self, name: str) -> tuple[str, int]:
        """Where the front reaches it."""
        return HOST, int(self._revision(name).made.get("port") or 0)

    def point(self, service: str, pointer: Pointer) -> None:
        """Switch the front."""
        atomic_write(ServiceFolder(self._root, service).pointer_file, pointer.to_bytes())

    def holder(self, port: int) -> str | None:
        """A service of ours that has it."""
        for service in self.services():
            folder = ServiceFolder(self._root, service)
            if folder.front.get("port") == port and is_ours(
                folder.front.get("pid"), str(folder.pointer_file)
            ):
                return f"the agent {(folder.owner or {}).get('agent', service)}, deployed here as well"
        return None

    def open_front(self, facts: Facts, port: int, pointer: Pointer) -> None:
        """Start a front, in place of one at another port."""
        folder = ServiceFolder(self._root, facts.service)
        before = folder.front
        self.point(facts.service, pointer)
        log = folder.path / "front.log"
        log.unlink(missing_ok=True)
        mark = str(folder.pointer_file)
        pid = spawn(
            "local_front_script.py",
            [HOST, str(port), mark],
            folder=folder.path,
            log=log,
            environ=process_environment({}, folder.path, {}),
        )
        until(lambda: _says(log, b"listening") or not is_ours(pid, mark), 10.0)
        if not _says(log, b"listening"):
            end(pid, mark)
            raise port_taken(port, self.holder(port) or holding_process(port))
        write_json(folder.path / "front.json", {"pid": pid, "port": port})
        if before.get("pid") != pid:
            end(before.get("pid"), mark)

    def close_front(self, service: str) -> None:
        """End the front."""
        folder = ServiceFolder(self._root, service)
        end(folder.front.get("pid"), str(folder.pointer_file))

    def tail(self, name: str, lines: int) -> list[str]:
        """The last lines of its log."""
        return [line.text for line in logs.history(self._revision(name).log, name, None, lines)]

    def history(self, name: str, since: datetime | None, tail: int | None) -> Iterator[LogLine]:
        """Its log until now."""
        yield from logs.history(self._revision(name).log, short(_service(name), name), since, tail)

    def follow(self, name: str, since: datetime | None, stop: CancelToken) -> Iterator[LogLine]:
        """Its log from ``since`` on, until it no longer runs."""
        folder = self._revision(name)

        def alive() -> bool:
            return (
                is_ours(folder.made.get("runner"), str(folder.path)) and folder.state.get("phase") != "paused"
            )

        yield from logs.follow(folder.log, short(_service(name), name), since, stop, alive)

    def unused(self, view: View, units: Sequence[Unit], *, remove: bool) -> Remaining:
        """There are no images here."""
        return Remaining()

    def dissolve(self, service: str) -> None:
        """End the front, remove the folder."""
        self.close_front(service)
        ServiceFolder(self._root, service).remove()

    def describe(self, view: View) -> list[str]:
        """Processes and the folder."""
        lines = [f"the process of {short(view.service, name)}" for name in view.units]
        if view.front == "up":
            lines.append(f"the process that holds port {view.port}")
        lines.append(f"the folder {ServiceFolder(self._root, view.service).path}")
        return lines

    def _revision(self, name: str) -> RevisionFolder:
        return ServiceFolder(self._root, _service(name)).revision(name)


def _service(revision: str) -> str:
    return revision.rpartition("-r")[0]


def _noise(level: str) -> list[str]:
    """What the image's entrypoint makes of HOLODECK_LOG_LEVEL."""
    quiet = {"warning", "error", "critical"}
    return ["--verbose"] if level.lower() == "debug" else ["--quiet"] if level.lower() in quiet else []


def _says(log: Path, word: bytes) -> bool:
    try:
        return word in log.read_bytes()
    except OSError:
        return False
