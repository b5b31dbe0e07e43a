"""One deployment's log, as it is handed to a view."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.base import LogLine, LogQuery
from holodeck_tui.pipeline import found
from holodeck_tui.ui.backend import Backend
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.logs.inbox import Batch
from holodeck_tui.ui.logs.streams import Stream, Wish

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("revision", "texts"), [("", ["old", "new", "somebody's"]), ("r2", ["new", "somebody's"])]
)
def test_lines_that_are_another_revisions_are_left_out_where_one_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, revision: str, texts: list[str]
) -> None:
    def lines(_ref: ServiceRef, _query: LogQuery, _ctx: Context) -> Iterator[LogLine]:
        yield LogLine("old", None, "r1")
        yield LogLine("new", None, "r2")
        yield LogLine("somebody's", None)

    monkeypatch.setattr(found, "log_lines", lines)
    seen: list[Batch] = []
    over = threading.Event()
    stream = Stream(ServiceRef("local", "one", "one", "local", "one"), 0, lambda: stream.over and over.set())
    backend = Backend(Launch(tmp_path / "agent.yaml", tmp_path, tmp_path, {}))
    stream.start(backend, Wish(revision=revision), seen.append)
    assert over.wait(60)
    assert [text for batch in seen for text in batch.texts] == texts
