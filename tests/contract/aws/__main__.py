"""``python -m tests.contract.aws``: AWS on this machine, until it is interrupted.

Prints the variables that make the whole command use it. Orders go to ``POST <url>/_control``.
"""

from __future__ import annotations

import argparse
import threading

from tests.contract.aws.server import AwsServer
from tests.contract.aws.world import ACCOUNT, REGION, World


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=2.0, help="what an operation takes")
    parser.add_argument("--registry", help="where pushed images really are, as http://127.0.0.1:5000")
    asked = parser.parse_args()
    server = AwsServer(World(seconds=asked.seconds, registry=asked.registry), asked.port)
    for name, value in server.environ.items():
        print(f"export {name}={value}")
    if asked.registry:
        host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
        print(f"export HOLODECK_REGISTRY_ENDPOINTS={host}={asked.registry}", flush=True)
    print(f"# region {REGION}, account {ACCOUNT}; orders: POST {server.url}/_control", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()


if __name__ == "__main__":
    main()
