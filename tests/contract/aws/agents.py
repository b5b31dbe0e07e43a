"""What a fake App Runner runs: an address that answers as an agent does, told by the image it was given."""

from __future__ import annotations

import io
import json
import re
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

_KINDS = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)


class Agent:
    """A listening address; ``says`` is what the running image's instructions say."""

    def __init__(self) -> None:
        self.image: str | None = None
        self.says: str | None = None
        self.well = True
        agent = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16

            def log_message(self, *_: Any) -> None:
                return

            def do_GET(self) -> None:
                self.say(*agent.answer(self.path))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.say(*agent.heard(body))

            def say(self, status: int, document: dict[str, Any]) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}
        ).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if self.image is None:
            return 503, {"message": "no instance runs"}
        if path == "/health":
            return 200, {"status": "healthy" if self.well else "unhealthy", "agent_name": self.says}
        if path == "/ready":
            return 200, {"ready": self.well}
        return 200, {"image": self.image, "says": self.says}

    def heard(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.image is None:
            return 503, {"message": "no instance runs"}
        return 200, {"content": f"heard {body.get('message')}", "session_id": "x", "message_id": "x"}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def pull(registry: str, identifier: str) -> str | None:
    """What the instructions of the image's agent say; raises LookupError when it is not in the registry."""
    repository, _, digest = identifier.partition("/")[2].partition("@")
    try:
        manifest = json.loads(_get(f"{registry}/v2/{repository}/manifests/{digest}", _KINDS))
        # Ours are the last layers; the base below them is large.
        for layer in reversed(manifest["layers"][-4:]):
            if layer["size"] > 1 << 24:
                continue
            data = _get(f"{registry}/v2/{repository}/blobs/{layer['digest']}")
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                if "app/agent.yaml" in archive.getnames():
                    file = archive.extractfile("app/agent.yaml")
                    assert file is not None
                    found = re.search(r"Say (\w+)", file.read().decode())
                    return found[1] if found else None
    except HTTPError as error:
        raise LookupError(f"manifest unknown ({error.code})") from error
    return None


def _get(url: str, accept: str = "*/*") -> bytes:
    with urlopen(Request(url, headers={"Accept": accept}), timeout=10) as answer:
        return bytes(answer.read())
