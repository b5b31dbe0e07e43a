from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.chat import chat
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.probe import Probe, is_loopback, judge_health, judge_ready, probe, wait_until_healthy
from holodeck_tui.core.values import ServiceRef, Status
from holodeck_tui.pipeline import found

pytestmark = pytest.mark.unit


class Agent:
    """A real server whose answers a test sets: path → (status, body, seconds to wait)."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes, float]] = {
            "/health": (200, b'{"status": "healthy"}', 0),
            "/ready": (200, b'{"ready": true}', 0),
        }
        self.asked: list[tuple[str, bytes]] = []
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(b"")

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers["content-length"])))

            def answer(self, body: bytes) -> None:
                agent.asked.append((self.path, body))
                status, data, wait = agent.answers.get(self.path, (404, b"", 0))
                time.sleep(wait)
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def agent() -> Iterator[Agent]:
    made = Agent()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"status": "healthy"}, "healthy"),
        (200, {"status": "Healthy", "backend_ready": True}, "healthy"),
        (200, {"status": "degraded"}, "degraded"),
        (200, {"status": "healthy", "backend_ready": False}, "degraded"),
        (200, {"status": "unhealthy", "backend_diagnostics": ["no key"]}, "unhealthy"),
        (200, {"ok": True}, "unhealthy"),
        (200, ["healthy"], "unhealthy"),
        (500, {"status": "healthy"}, "unhealthy"),
        (302, {}, "unhealthy"),
        (403, {}, "closed"),
        (401, {"status": "healthy"}, "closed"),
    ],
)
def test_the_body_decides(status: int, body: object, outcome: str) -> None:
    assert judge_health(status, json.dumps(body).encode()).outcome == outcome


def test_diagnostics_are_told() -> None:
    body = b'{"status": "unhealthy", "backend_diagnostics": ["no key", "no model"]}'
    assert judge_health(200, body).detail == "it says that it is unhealthy: no key; no model"


@pytest.mark.parametrize(
    ("status", "body", "well"),
    [
        (200, b'{"ready": true}', True),
        (200, b'{"ready": false}', False),
        (200, b"ok", False),
        (503, b"", False),
    ],
)
def test_ready(status: int, body: bytes, well: bool) -> None:
    assert judge_ready(status, body).healthy is well


def test_probe_asks_health_then_ready(agent: Agent) -> None:
    assert probe(agent.url, Context()).healthy
    assert [path for path, _ in agent.asked] == ["/health", "/ready"]
    agent.answers["/ready"] = (200, b'{"ready": false}', 0)
    assert probe(agent.url, Context()).outcome == "not-ready"


def test_nothing_there_silence_and_no_address(agent: Agent) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        assert probe(f"http://127.0.0.1:{held.getsockname()[1]}", Context()).outcome == "refused"
    agent.answers["/health"] = (200, b"", 0.6)
    assert probe(agent.url, Context(), timeout=0.2).outcome == "no-answer"
    assert probe("http://no-such-host.invalid", Context()).outcome == "unroutable"


def test_this_machine_is_not_asked_through_a_proxy(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert probe(agent.url, Context()).healthy


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:1", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("https://a.example", False),
        ("http://10.0.0.1", False),
    ],
)
def test_loopback(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


def test_waiting_ends_when_healthy_gone_or_late(agent: Agent) -> None:
    agent.answers["/health"] = (503, b"", 0)
    threading.Timer(0.3, lambda: agent.answers.update({"/health": (200, b'{"status":"healthy"}', 0)})).start()
    assert wait_until_healthy(agent.url, Context(), timeout=5, interval=0.05).healthy
    agent.answers["/health"] = (503, b"", 0)
    late = wait_until_healthy(agent.url, Context(), timeout=0.3, interval=0.05)
    assert (late.outcome, late.detail) == ("unhealthy", "it answered HTTP 503 (for 0.3 s)")
    gone = wait_until_healthy(agent.url, Context(), timeout=5, gone=lambda: "it ended")
    assert (gone.outcome, gone.detail) == ("refused", "it ended")


def test_each_other_answer_is_told_once_while_it_is_waited_for(agent: Agent) -> None:
    told: list[str] = []
    agent.answers["/health"] = (503, b"", 0)

    def answered(result: Probe) -> None:
        told.append(result.detail)
        agent.answers["/health"] = (200, b'{"status": "healthy"}', 0)

    def again(result: Probe) -> bool:
        # One more question, with the same answer.
        return result.healthy and len(agent.asked) > 4

    wait_until_healthy(agent.url, Context(), timeout=5, interval=0.05, settle=again, told=answered)
    assert told == ["it answered HTTP 503", "it says that it is healthy and ready"]


def test_cancel_ends_a_slow_question_at_once(agent: Agent) -> None:
    agent.answers["/health"] = (200, b"", 5.0)
    cancel = CancelToken()
    threading.Timer(0.1, cancel.cancel).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        probe(agent.url, Context(cancel=cancel))
    assert time.monotonic() - started < 3


def test_chat_over_rest(agent: Agent) -> None:
    agent.answers["/agent/a%20b/chat"] = (200, b'{"content": "hello\\nyou\\u001b[31m"}', 0)
    assert chat(agent.url, "a b", "hi", Context()) == "hello\nyou"
    assert json.loads(agent.asked[-1][1]) == {"message": "hi"}


def test_chat_over_agui(agent: Agent) -> None:
    events = [
        {"type": "RUN_STARTED"},
        {"type": "TEXT_MESSAGE_CONTENT", "delta": "hel"},
        {"type": "TEXT_MESSAGE_CONTENT", "delta": "lo"},
        {"type": "RUN_FINISHED"},
    ]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    agent.answers["/awp"] = (200, body, 0)
    assert chat(agent.url, "a", "hi", Context(), protocol="ag-ui") == "hello"
    sent = json.loads(agent.asked[-1][1])
    assert {"threadId", "runId", "messages", "tools", "context", "forwardedProps"} <= set(sent)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b'{"detail": "No module named agents"}', "HTTP 500, No module named agents"),
        (502, b'{"error": "backend_error", "message": "gone"}', "HTTP 502, gone"),
        (200, b"{}", "its answer has no content"),
        (429, b"busy", "HTTP 429"),
        (
            200,
            b'{"content": ""}',
            "it answered with an empty text, as it does when its model cannot be reached",
        ),
        (
            200,
            b'{"content": null}',
            "it answered with an empty text, as it does when its model cannot be reached",
        ),
        (200, b"x" * 5_000_001, "its answer is larger than 5 MB"),
    ],
)
def test_chat_says_why_not(agent: Agent, status: int, body: bytes, reason: str) -> None:
    agent.answers["/agent/a/chat"] = (status, body, 0)
    with pytest.raises(DeploymentError) as caught:
        chat(agent.url, "a", "hi", Context())
    assert (caught.value.code, caught.value.reason) == ("chat-failed", reason)


def test_chat_with_an_agent_that_never_comes_to_an_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
                for _ in range(200):
                    connection.sendall(b" ")
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        with pytest.raises(DeploymentError) as caught:
            chat(f"http://127.0.0.1:{server.getsockname()[1]}", "a", "hi", Context(), timeout=0.5)
    assert caught.value.reason == "its answer was not complete after 0.5 s"


def test_chat_run_error_and_cut_stream(agent: Agent) -> None:
    agent.answers["/awp"] = (200, b'data: {"type": "RUN_ERROR", "message": "no key"}\n\n', 0)
    with pytest.raises(DeploymentError) as caught:
        chat(agent.url, "a", "hi", Context(), protocol="ag-ui")
    assert caught.value.reason == "no key"
    agent.answers["/awp"] = (200, b'data: {"type": "RUN_STARTED"}\n\n', 0)
    with pytest.raises(DeploymentError, match="ended before"):
        chat(agent.url, "a", "hi", Context(), protocol="ag-ui")


@pytest.mark.parametrize("message", ["", "  ", "x" * 10_001])
def test_chat_refuses_what_the_agent_would(message: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        chat("http://127.0.0.1:9", "a", message, Context())
    assert caught.value.code == "usage"


def test_why_an_agent_from_elsewhere_does_not_answer_is_looked_for_in_its_own_log(agent: Agent) -> None:
    agent.answers["/agent/a/chat"] = (500, b"", 0)
    ref = ServiceRef("local", "docker:x", "holodeck-a", "local", "a")
    with pytest.raises(DeploymentError) as caught:
        found.chat(Status(ref, "healthy", url=agent.url), "hi", Context())
    assert caught.value.remedy == ("holodeck-deploy-tui logs --tail 50 --service holodeck-a --scope local")
