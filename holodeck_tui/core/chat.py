"""One message to a served agent and the text it answers, over either protocol of ``holodeck serve``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote
from uuid import uuid4

from holodeck_tui.core.cancel import Deadline
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.probe import http_client
from holodeck_tui.core.threads import interruptible

if TYPE_CHECKING:
    import httpx

# ChatRequest.message of holodeck-ai 0.7.1: 1 to 10,000 characters, not blank.
LONGEST = 10_000
# Bytes of an answer: far more than anybody reads, and nothing that fills the memory.
_LARGEST = 5_000_000


def chat(
    url: str,
    agent: str,
    message: str,
    ctx: Context,
    *,
    protocol: Literal["rest", "ag-ui"] = "rest",
    timeout: float = 300.0,
    logs: str = "holodeck-deploy-tui logs --tail 50",
) -> str:
    """What ``agent`` at ``url`` answers to ``message``, cleaned, lines kept.

    REST: POST /agent/{name}/chat; AG-UI: POST /awp, the text deltas joined. ``timeout`` is seconds
    without a byte; ``logs`` is the command that shows why it did not answer. Raises DeploymentError:
    ``usage`` (message empty or too long), ``chat-failed``.
    """
    if not message.strip() or len(message) > LONGEST:
        raise DeploymentError(
            "usage",
            "This message cannot be sent.",
            reason=f"an agent takes 1 to {LONGEST} characters, and not blanks alone",
            remedy='holodeck-deploy-tui chat "Hello"',
        )

    def send() -> str:
        with http_client(url, timeout) as client:
            if protocol == "ag-ui":
                return _agui(client, url, message)
            return _rest(client, url, agent, message, timeout)

    def failed(reason: str) -> DeploymentError:
        return DeploymentError(
            "chat-failed", "The agent did not answer the message.", reason=reason, remedy=logs
        )

    import httpx

    try:
        answer = interruptible(send, ctx.cancel)
    except httpx.TimeoutException:
        raise failed(f"it did not answer within {timeout:g} s") from None
    except httpx.HTTPError as error:
        raise failed(ctx.redactor.clean(str(error) or type(error).__name__)) from None
    except _Refused as refused:
        raise failed(ctx.redactor.clean(str(refused))) from None
    # holodeck-ai 0.7.1 answers 200 with no text when its model's provider refuses the key.
    if not answer.strip():
        raise failed("it answered with an empty text, as it does when its model cannot be reached")
    return ctx.redactor.clean(answer, keep_newlines=True)


class _Refused(Exception):
    pass


def _rest(client: httpx.Client, url: str, agent: str, message: str, timeout: float) -> str:
    address = f"{url.rstrip('/')}/agent/{quote(agent, safe='')}/chat"
    with client.stream("POST", address, json={"message": message}) as response:
        body = _body(response, timeout)
    if response.status_code != 200:
        raise _Refused(_problem(response.status_code, body))
    try:
        content = json.loads(body)["content"]
    except (ValueError, KeyError, TypeError):
        raise _Refused("its answer has no content") from None
    return "" if content is None else str(content)


def _body(response: httpx.Response, seconds: float) -> bytes:
    """All of an answer, where it has an end."""
    deadline = Deadline(seconds, "the rest of the answer")
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > _LARGEST:
            raise _Refused(f"its answer is larger than {_LARGEST // 1_000_000} MB")
        if not deadline.left:
            raise _Refused(f"its answer was not complete after {seconds:g} s")
    return bytes(body)


def _agui(client: httpx.Client, url: str, message: str) -> str:
    body = {
        "threadId": str(uuid4()),
        "runId": str(uuid4()),
        "state": {},
        "messages": [{"id": str(uuid4()), "role": "user", "content": message}],
        "tools": [],
        "context": [],
        "forwardedProps": {},
    }
    parts: list[str] = []
    finished = False
    headers = {"accept": "text/event-stream"}
    with client.stream("POST", f"{url.rstrip('/')}/awp", json=body, headers=headers) as response:
        if response.status_code != 200:
            raise _Refused(_problem(response.status_code, response.read()))
        for line in response.iter_lines():
            event = _event(line)
            kind = event.get("type")
            if kind == "TEXT_MESSAGE_CONTENT":
                parts.append(str(event.get("delta", "")))
            elif kind == "RUN_ERROR":
                raise _Refused(str(event.get("message") or "the run ended in an error"))
            elif kind == "RUN_FINISHED":
                finished = True
    if not finished and not parts:
        raise _Refused("the stream ended before the run was finished")
    return "".join(parts)


def _event(line: str) -> dict[str, Any]:
    if not line.startswith("data:"):
        return {}
    try:
        value = json.loads(line[5:])
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _problem(status: int, body: bytes) -> str:
    """The sentence in an error answer: RFC 7807's detail or title, FastAPI's detail, or the code."""
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if isinstance(value, dict):
        for key in ("detail", "message", "title", "error"):
            if value.get(key):
                return f"HTTP {status}, {str(value[key])[:500]}"
    return f"HTTP {status}"
