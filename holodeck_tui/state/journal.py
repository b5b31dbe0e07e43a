"""Intents and outcomes, one JSON object a line, each on disk before the call it announces is made.

A line: ``{"id", "time", "pid", "host", "agent", "environment", "target", "action", "facts"}`` for an
intent, ``{"id", "time", "result", "facts"}`` for its outcome. An intent without an outcome is what a
killed run leaves; the next run of the same agent, environment and target finds it.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from holodeck_tui.core.files import atomic_write
from holodeck_tui.core.redact import Redactor
from holodeck_tui.core.values import rfc3339
from holodeck_tui.state.folder import StateFolder, unwritable
from holodeck_tui.state.lock import Key

NAME = "journal.jsonl"
# Beyond this size closed intents are dropped: enough for some hundred runs.
_COMPACT_BYTES = 256 * 1024


@dataclass(frozen=True)
class OpenIntent:
    """Something a run was about to change when it ended without saying how it went."""

    id: str
    action: str
    time: str
    pid: int
    host: str
    facts: Mapping[str, Any]

    def __str__(self) -> str:
        facts = ", ".join(f"{name} {value}" for name, value in sorted(self.facts.items()))
        return f"{self.action}{f' ({facts})' if facts else ''} at {self.time}"


def _now() -> datetime:
    return datetime.now(timezone.utc)


class FileJournal:
    """The journal of one agent folder, for the runs of one key. Implements ``core.context.Journal``."""

    def __init__(
        self,
        folder: StateFolder,
        key: Key,
        redactor: Redactor,
        *,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._folder = folder
        self._key = key
        self._redactor = redactor
        self._clock = clock

    def intent(self, action: str, **facts: Any) -> str:
        """Note that ``action`` is about to happen; on disk when it returns. Facts are redacted."""
        name = secrets.token_hex(8)
        self._append(
            {
                "id": name,
                "time": rfc3339(self._clock()),
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "agent": self._key.agent,
                "environment": self._key.environment,
                "target": self._key.target,
                "action": action,
                "facts": self._clean(facts),
            }
        )
        return name

    def outcome(self, intent_id: str, result: str, **facts: Any) -> None:
        """Note how it went: ``done``, ``failed``, ``cancelled``, or ``recovered`` by a later run."""
        self._append(
            {
                "id": intent_id,
                "time": rfc3339(self._clock()),
                "result": result,
                "facts": self._clean(facts),
            }
        )

    def open_intents(self) -> list[OpenIntent]:
        """What runs of this key left without an outcome, oldest first. Call it under the run lock."""
        intents: dict[str, dict[str, Any]] = {}
        for line in _lines(self._folder.file(NAME)):
            if "action" in line:
                intents[str(line["id"])] = line
            else:
                intents.pop(str(line["id"]), None)
        return [_open(line) for line in intents.values() if self._is_ours(line)]

    def _is_ours(self, line: Mapping[str, Any]) -> bool:
        return (line.get("agent"), line.get("environment"), line.get("target")) == (
            self._key.agent,
            self._key.environment,
            self._key.target,
        )

    def _clean(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        plain = (str, int, float, bool, type(None))
        return {
            name: self._redactor.clean(str(value)) if not isinstance(value, plain[1:]) else value
            for name, value in facts.items()
        }

    def _append(self, line: Mapping[str, Any]) -> None:
        path = self._folder.file(NAME)
        data = json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        with self._folder.guard():
            try:
                _compact(path)
                with path.open("ab+") as file:
                    # A run killed in the middle of a line must not swallow the next one.
                    if file.tell() and _last_byte(path) != b"\n":
                        data = b"\n" + data
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise unwritable(path, error) from error


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole line with an id; a torn one is skipped."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(path, error) from error
    for line in text.split("\n"):
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if isinstance(data, dict) and "id" in data:
            yield data


def _open(line: Mapping[str, Any]) -> OpenIntent:
    facts = line.get("facts")
    return OpenIntent(
        id=str(line["id"]),
        action=str(line["action"]),
        time=str(line.get("time", "")),
        pid=int(line.get("pid") or 0),
        host=str(line.get("host", "")),
        facts=facts if isinstance(facts, dict) else {},
    )


def _compact(path: Path) -> None:
    if not path.exists() or path.stat().st_size < _COMPACT_BYTES:
        return
    kept: dict[str, dict[str, Any]] = {}
    for line in _lines(path):
        if "action" in line:
            kept[str(line["id"])] = line
        else:
            kept.pop(str(line["id"]), None)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept.values())
    atomic_write(path, text.encode("utf-8", "replace"))
