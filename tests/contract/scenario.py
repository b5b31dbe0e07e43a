"""One scenario for every target, told by the command line alone.

Deploy, unchanged deploy, changed deploy, a deploy that fails while the old revision keeps serving, rollback,
logs, list, destroy, destroy again. :func:`play` runs it by the real command as a subprocess and holds it to
one table: the same step events in the same order, the same fields of the result, the same exit codes. What
may differ between targets stands in :class:`Expectations` and nowhere else.

How to plug a target in
-----------------------
Write a class with the attributes and methods of :class:`Target` and one test::

    def test_scenario(app_runner: AppRunner) -> None:
        play(app_runner)

* ``folder`` is where agent.yaml and deploy.yaml are written and where the command runs; ``environ`` is the
  whole environment of the command (start from :func:`environment`; add endpoints and dummy credentials).
* ``write(text, well=...)`` makes the next revision: :func:`agent_yaml` gives an agent.yaml whose container
  gets ``STANDIN_NAME=text`` and ``STANDIN=healthy|crash``. With ``well=False`` the next revision must fail:
  a contract server that runs no containers reads ``STANDIN`` from the environment it was sent, or is told to
  misbehave there and then.
* ``held()`` is for both front ends' cancelled deploy (``tests/contract/front_ends.py``).
* ``served(url)`` says what serves *now*, asked of the target itself and not of this tool: the text of the
  revision that has the traffic, or None when nothing serves. Local targets ask the URL; a contract server
  looks into its own state.
* A failed revision is ``unhealthy``, exit 5, raised by ``deploy`` in the step ``run``: the vendor took it and
  it is not healthy. The container's last lines are in the error (``Expectations.last_words``).
* A URL that cannot be routed from here is proven by the vendor's word, after ``health.timeout`` of
  deploy.yaml at most: keep that short (``health: {timeout: 3}``), or let the server hand out a loopback URL
  of a running stand-in (``tests/integration/local/standin.py``).
* ``tests/contract/test_scenario_local.py`` is the smallest example.

A value that only ``${SCENARIO_SECRET}`` names goes to the container in every deploy; nothing that the
command prints may hold it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

SECRET = "canary-of-the-scenario-71c2"
STEPS = ("bundle", "build", "push", "run", "verify")
RESULT = {"event", "time", "ok", "exit_code", "agent", "image", "deployment", "error"}
DEPLOYMENT = {"provider", "service_id", "service_name", "url", "state", "revision"}
STATUS = {*DEPLOYMENT, "agent", "detail", "image_uri", "checked_at"}
RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
# What a run on each target may import; what belongs to another target, or to the terminal app, it may not.
SDKS = {
    "local": set[str](),
    "aws": {"botocore"},
    "gcp": {"google.cloud", "google.auth", "grpc"},
    "azure": {"azure"},
}
# What the interpreter and an engine's client need; nothing else of the user's reaches the command.
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "DOCKER_HOST")


@dataclass(frozen=True)
class Expectations:
    """What may differ between targets.

    ``skipped``: steps of a new deploy that have nothing to do there. ``image``: whether the result names an
    image. ``after_failure``: what ``status`` may say while the old revision serves and the newest failed.
    ``log`` is a pattern that some line of the log matches, ``last_words`` one that the failed revision's last
    lines in the error match. ``held`` is one of what a held target has a deploy wait for, ``passing`` one of
    lines that are only told to who looks in the right moment. ``pauses``: whether a service can be paused.
    """

    provider: str
    scope: str
    skipped: frozenset[str] = frozenset()
    image: bool = True
    rollback: bool = True
    after_failure: frozenset[str] = frozenset({"healthy"})
    log: str = "standin"
    last_words: str = "last words"
    held: str = ""
    passing: str = r"(?!)"
    pauses: bool = True


class Target(Protocol):
    """A place to deploy to, and a look at it from behind."""

    expect: Expectations
    folder: Path
    environ: Mapping[str, str]
    agent: str

    def write(self, text: str, *, well: bool = True) -> None:
        """Have the next deploy make a revision that serves ``text``, or one that does not come up."""

    def held(self) -> AbstractContextManager[None]:
        """Within it a deploy of what was written waits in the step ``run``, and nothing comes of it."""

    def served(self, url: str | None) -> str | None:
        """The text of the revision that serves now; None when none does."""


@dataclass(frozen=True)
class Act:
    """What one command must tell: ``(event, step, skipped)`` of its step events, exit and error code."""

    exit_code: int
    steps: tuple[tuple[str, str, bool | None], ...] = ()
    error: str | None = None


@dataclass
class Told:
    """What one command did tell."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def result(self) -> dict[str, Any]:
        return self.events[-1]

    @property
    def deployment(self) -> dict[str, Any]:
        found = self.result["deployment"]
        assert found is not None, self
        return dict(found)

    @property
    def steps(self) -> tuple[tuple[str, str, bool | None], ...]:
        return tuple(
            (one["event"], one["step"], one.get("skipped"))
            for one in self.events
            if one["event"] in {"step.started", "step.finished", "step.failed"}
        )

    def __repr__(self) -> str:
        return f"$ holodeck-deploy-tui {' '.join(self.words)}\n{self.out}\n{self.err}\n[exit {self.code}]"


def expected(expect: Expectations) -> dict[str, Act]:
    """The table that every target is held to."""
    done = {"build", "push", "run"}
    new = Act(0, _done(*STEPS, skipped=expect.skipped))
    failed = (*_done("bundle", "build", "push", skipped=expect.skipped), *_failed("run"))
    back = Act(0, _done("run", "verify")) if expect.rollback else Act(2, (), "unsupported")
    return {
        "deploy": new,
        "unchanged": Act(0, _done(*STEPS, skipped=expect.skipped | done)),
        "changed": new,
        "failed": Act(5, failed, "unhealthy"),
        "rollback": back,
        "logs": Act(0),
        "refused": Act(2, (), "confirmation-needed"),
        "destroy": Act(0),
        "destroy again": Act(0),
    }


def _done(
    *steps: str, skipped: frozenset[str] | set[str] = frozenset()
) -> tuple[tuple[str, str, bool | None], ...]:
    pairs = [(("step.started", step, None), ("step.finished", step, step in skipped)) for step in steps]
    return tuple(event for pair in pairs for event in pair)


def _failed(step: str) -> tuple[tuple[str, str, bool | None], ...]:
    return (("step.started", step, None), ("step.failed", step, None))


def play(target: Target) -> None:
    """Play the whole scenario; whatever is left of it in the end is destroyed."""
    scene = _Scene(target)
    try:
        scene.play()
    finally:
        target.write("end")
        scene.call("destroy", "--yes")


class _Scene:
    def __init__(self, target: Target) -> None:
        self.target = target
        self.expect = target.expect
        self.acts = expected(target.expect)
        self.imported: set[str] = set()

    def play(self) -> None:
        target = self.target
        target.write("one")
        assert self.document("plan", "--exit-code", code=10)["up_to_date"] is False
        first = self.act("deploy", "deploy")
        self.check_deployment(first)
        assert target.served(first.deployment["url"]) == "one"

        again = self.act("unchanged", "deploy")
        assert again.deployment == first.deployment
        assert again.result["image"] == first.result["image"]
        assert self.document("plan", "--exit-code", code=0)["up_to_date"] is True

        target.write("two")
        assert self.document("plan", "--exit-code", code=10)["changes"]
        second = self.act("changed", "deploy")
        self.check_deployment(second)
        same = ("provider", "service_id", "service_name", "url")
        assert [second.deployment[key] for key in same] == [first.deployment[key] for key in same]
        assert second.deployment["revision"] != first.deployment["revision"]
        assert target.served(second.deployment["url"]) == "two"

        self.play_failure(second)
        self.play_rollback(second)
        self.play_reading(second)
        self.play_elsewhere(second)
        self.play_end(second)

    def play_failure(self, before: Told) -> None:
        self.target.write("three", well=False)
        failed = self.act("failed", "deploy")
        assert re.search(self.expect.last_words, failed.err), failed
        assert self.target.served(before.deployment["url"]) == "two", "the old one keeps serving"
        status = self.document("status")
        assert status["state"] in self.expect.after_failure, status
        assert status["revision"] == before.deployment["revision"]

    def play_rollback(self, before: Told) -> None:
        back = self.act("rollback", "rollback", "--yes")
        if not self.expect.rollback:
            return
        self.check_deployment(back)
        assert back.deployment["service_id"] == before.deployment["service_id"]
        assert back.deployment["revision"] != before.deployment["revision"]
        assert self.target.served(back.deployment["url"]) == "one"

    def play_reading(self, deployed: Told) -> None:
        name = deployed.deployment["service_name"]
        logs = self.act("logs", "logs", "--tail", "50")
        lines = [one for one in logs.events if one["event"] == "log"]
        assert [one for one in lines if re.search(self.expect.log, one["line"])], logs
        assert {one["service"] for one in lines} == {name}
        stamps = [one["timestamp"] for one in lines if one["timestamp"]]
        assert stamps == sorted(stamps)
        nothing = self.call("logs", "--tail", "50", "--grep", "no line holds this")
        assert [one["event"] for one in nothing.events] == ["result"]

        listed = self.document("list", "--scope", self.expect.scope)
        assert listed["errors"] == []
        (found,) = [one for one in listed["deployments"] if one["agent"] == self.target.agent]
        assert set(found) >= STATUS
        assert (found["provider"], found["service_name"]) == (self.expect.provider, name)
        assert found["url"] in {None, deployed.deployment["url"]}
        status = self.document("status")
        assert set(status) >= STATUS
        assert status["state"] in {"healthy"} | self.expect.after_failure, status

    def play_elsewhere(self, deployed: Told) -> None:
        """The service by its name, from a folder that knows nothing of it."""
        name = deployed.deployment["service_name"]
        named = ("--service", name, "--scope", self.expect.scope)
        here = self.document("status")
        with tempfile.TemporaryDirectory(prefix="elsewhere-") as empty:
            there = self.document("status", *named, folder=Path(empty))
            told = ("agent", "provider", "service_id", "service_name", "url", "state", "revision")
            assert [there[key] for key in told] == [here[key] for key in told]
            logs = self.call("logs", "--tail", "50", *named, folder=Path(empty))
            lines = [one["line"] for one in logs.events if one["event"] == "log"]
            assert [line for line in lines if re.search(self.expect.log, line)], logs
            rehearsed = self.call("destroy", "--dry-run", *named, folder=Path(empty))
            assert rehearsed.code == 0, rehearsed
            assert rehearsed.result["agent"] == self.target.agent
            assert self.document("status")["state"] == here["state"]
            assert list(Path(empty).iterdir()) == [], "nothing is remembered in a folder that has no agent"

    def play_end(self, deployed: Told) -> None:
        self.act("refused", "destroy")
        assert self.document("status")["state"] != "missing"
        rehearsed = self.call("destroy", "--dry-run")
        assert rehearsed.code == 0, rehearsed
        assert self.document("status")["state"] != "missing"
        gone = self.act("destroy", "destroy", "--yes")
        assert gone.deployment["service_id"] == deployed.deployment["service_id"]
        assert gone.deployment["state"] == "missing"
        assert self.target.served(deployed.deployment["url"]) is None
        assert self.document("status")["state"] == "missing"
        listed = self.document("list", "--scope", self.expect.scope)
        assert [one for one in listed["deployments"] if one["agent"] == self.target.agent] == []
        twice = self.act("destroy again", "destroy", "--yes")
        assert twice.result["deployment"] is None
        assert self.imported == SDKS[self.expect.provider], "what was noted is what was imported"

    def check_deployment(self, told: Told) -> None:
        deployment, image = told.deployment, told.result["image"]
        assert deployment["provider"] == self.expect.provider
        assert deployment["state"] == "healthy", told
        assert deployment["service_id"], told
        assert deployment["revision"], told
        assert (image is not None) is self.expect.image, told
        if image is not None:
            assert set(image) == {"uri", "digest"}
            assert re.fullmatch(r"sha256:[0-9a-f]{64}", image["digest"])

    def act(self, name: str, *words: str) -> Told:
        """Run one command and hold it to the table."""
        told, wanted = self.call(*words), self.acts[name]
        assert told.code == wanted.exit_code, told
        assert told.steps == wanted.steps, told
        result = told.result
        assert set(result) == RESULT, told
        assert result["exit_code"] == told.code
        assert result["ok"] is (told.code == 0)
        assert result["agent"] == self.target.agent
        if result["deployment"] is not None:
            assert set(result["deployment"]) == DEPLOYMENT
        error = result["error"]
        assert (error and error["code"]) == wanted.error, told
        if error:
            assert set(error) == {"code", "message", "remedy"}
            assert error["message"], told
            assert error["remedy"], told
            # A container's own last lines may well hold a traceback; ours never.
            assert "holodeck_tui/" not in told.err, told
        return told

    def document(self, *words: str, code: int = 0, folder: Path | None = None) -> Any:
        """Run one command that prints one document."""
        told = self.call(*words, folder=folder)
        assert told.code == code, told
        return told.document

    def call(self, *words: str, folder: Path | None = None) -> Told:
        """Run one command in ``folder`` (default: the agent's); whatever it prints is well-formed and holds no secret, and it imports no other SDK."""
        noted = Path(tempfile.mkdtemp(prefix="imports-")) / "noted"
        noting = {"PYTHONPATH": str(Path(__file__).with_name("imports")), "NOTED_IMPORTS": str(noted)}
        done = subprocess.run(
            [sys.executable, "-m", "holodeck_tui", *words, "--output", "json"],
            cwd=folder or self.target.folder,
            env={**self.target.environ, **noting},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        told = Told(words, done.returncode, done.stdout, done.stderr)
        imported = set(noted.read_text().split())
        shutil.rmtree(noted.parent)
        assert imported <= SDKS[self.expect.provider], told
        self.imported |= imported
        assert SECRET not in done.stdout + done.stderr, told
        assert done.returncode != 1, told
        if words[0] in {"deploy", "rollback", "logs", "destroy"}:
            told.events = [json.loads(line) for line in done.stdout.splitlines()]
            assert [one["event"] == "result" for one in told.events].count(True) == 1, told
            assert told.result["event"] == "result", told
            times = [one["time"] for one in told.events]
            assert all(re.fullmatch(RFC3339, time) for time in times), told
            assert times == sorted(times), told
        return told


def agent_yaml(name: str, text: str, *, well: bool, deployment: Mapping[str, Any] | None = None) -> str:
    """An agent whose container says ``text`` and is well or not; ``deployment`` joins its section."""
    section = {
        **(deployment or {}),
        "environment": {
            "STANDIN": "healthy" if well else "crash",
            "STANDIN_NAME": text,
            "STANDIN_SECRET": "${SCENARIO_SECRET}",
        },
    }
    return "\n".join(
        [
            f"name: {name}",
            "model: {provider: ollama, name: llama3.2}",
            "instructions:",
            f"  inline: Say {text}.",
            # JSON is YAML.
            f"deployment: {json.dumps(section)}",
            "",
        ]
    )


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment for the command that is sealed from the user's own."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    own = {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "SCENARIO_SECRET": SECRET,
        "ANTHROPIC_API_KEY": "none-at-all",
    }
    return {**kept, **own, **more}
