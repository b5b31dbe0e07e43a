"""Chat: all of a long answer can be read without a mouse."""

from __future__ import annotations

import threading

import pytest
from textual.widgets import Input

from holodeck_tui.pipeline.types import ChatReply
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.screens.chat import ChatScreen
from tests.ui.conftest import Eventually, screen_text
from tests.ui.snapshots.values import GCP, service

pytestmark = pytest.mark.ui


async def test_a_long_answer_is_read_by_keys_while_a_message_is_typed(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = "\n".join(f"line {number:02}" for number in range(60))
    monkeypatch.setattr("holodeck_tui.pipeline.found.chat", lambda *_: ChatReply(answer))
    async with quiet.run_test(size=(80, 24)) as pilot:
        quiet.push_screen(ChatScreen(service("ticket-routing", GCP)))
        await eventually(pilot, lambda: quiet.screen.query("#message"))
        await pilot.press("h", "i", "enter")
        await eventually(pilot, lambda: "line 59" in screen_text(quiet))
        await pilot.press("n", "o", *("pageup",) * 6)
        await eventually(pilot, lambda: "line 00" in screen_text(quiet))
        await pilot.press("pagedown", "down")
        await eventually(pilot, lambda: "line 00" not in screen_text(quiet))
        await pilot.press("up", "w")
        assert quiet.screen.query_one(Input).value == "now"


async def test_how_long_an_agent_says_nothing_is_told_and_an_endless_answer_is_cut(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()

    def answers(*_: object) -> ChatReply:
        let_go.wait(60)
        return ChatReply("x" * 1_100_000)

    monkeypatch.setattr("holodeck_tui.pipeline.found.chat", answers)
    async with quiet.run_test(size=(80, 24)) as pilot:
        quiet.push_screen(ChatScreen(service("ticket-routing", GCP)))
        await eventually(pilot, lambda: quiet.screen.query("#message"))
        await pilot.press("h", "i", "enter")
        await eventually(pilot, lambda: "is asked … 2 s" in screen_text(quiet))
        let_go.set()
        await eventually(pilot, lambda: "… and 1,000,000 characters more" in screen_text(quiet))
        assert "is asked" not in screen_text(quiet)
