"""``python -m tests.contract.gcp``: a Google Cloud on this machine, until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import threading

from tests.contract.gcp.server import cloud


def main() -> None:
    """Print what to set, then serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.gcp")
    parser.add_argument("--port", type=int, default=0, help="of the gRPC side; 0: a free one")
    parser.add_argument("--registry", default="", help="images must exist there, as http://127.0.0.1:5000")
    given = parser.parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with cloud(port=given.port) as started:
        started.world.behaviour.registry = given.registry
        for name, value in started.environ.items():
            print(f"export {name}={value}")
        print(
            f"# misbehaviour: POST JSON to {started.world.url}/control; GET tells what was asked", flush=True
        )
        try:
            stop.wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
