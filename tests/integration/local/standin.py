"""A stand-in for `holodeck serve`: a real HTTP server, as well or as sick as STANDIN says.

Runs as the `holodeck` command of a test's PATH (process runtime) and as the entrypoint of a test's
image (docker runtime).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODE, _, VALUE = os.environ.get("STANDIN", "healthy").partition(":")
NAME = os.environ.get("STANDIN_NAME", "")
STARTED = time.time()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/env":
            self.say(dict(os.environ))
        elif self.path == "/crash":
            print("crashing as asked", flush=True)
            os._exit(7)
        elif self.path == "/ready":
            self.say({"ready": MODE != "not-ready"})
        else:
            sick = MODE == "unhealthy" or os.path.exists("/tmp/sick")
            self.say({"status": "unhealthy" if sick else "healthy", "agent_name": NAME, "cwd": os.getcwd()})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if body.get("message") == "sick":
            open("/tmp/sick", "w").close()
        if body.get("message") == "slow":
            time.sleep(2)
        self.say({"content": f"{NAME} heard {body.get('message')}", "session_id": "x", "message_id": "x"})

    def say(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def port() -> int:
    arguments = sys.argv
    return int(
        arguments[arguments.index("--port") + 1] if "--port" in arguments else os.environ["HOLODECK_PORT"]
    )


def count() -> None:
    number = 0
    while True:
        number += 1
        print(f"{NAME} line {number}", flush=True)
        time.sleep(0.05)


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print(f"standin {NAME} starts as {MODE}", flush=True)
    if MODE == "tell":
        print(f"my secret is {os.environ.get('STANDIN_SECRET', '')}", flush=True)
    if MODE == "crash":
        for number in range(30):
            print(f"last words {number} {os.environ.get('STANDIN_SECRET', '')}", flush=True)
        sys.exit(3)
    if MODE == "slow":
        time.sleep(float(VALUE))
    if MODE == "lines":
        threading.Thread(target=count, daemon=True).start()
    host = sys.argv[sys.argv.index("--host") + 1] if "--host" in sys.argv else "0.0.0.0"
    ThreadingHTTPServer((host, port()), Handler).serve_forever()


main()
