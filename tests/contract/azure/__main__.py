"""``python -m tests.contract.azure``: Azure on this machine, until it is interrupted.

Prints the variables that make the whole command use it. ``POST URL/_control`` with JSON of
``tests.contract.azure.world.Faults`` has it misbehave; ``POST URL/_control/lines`` with
``{"app", "lines"}`` has a container print; ``GET URL/_control/requests`` is what it was asked.
"""

from __future__ import annotations

import argparse
import threading

from tests.contract.azure.server import AzureServer
from tests.contract.azure.world import ENVIRONMENT, GROUP, LOCATION, SUBSCRIPTION, World


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1.0, help="what an operation takes")
    parser.add_argument("--registry", help="HOST=URL: images of HOST are looked for there")
    asked = parser.parse_args()
    world = World()
    world.faults.seconds = asked.seconds
    if asked.registry:
        host, _, url = asked.registry.partition("=")
        world.registries[host] = url
    server = AzureServer(world, asked.port)
    for name, value in server.environ.items():
        print(f"export {name}={value}")
    if asked.registry:
        print(f"export HOLODECK_REGISTRY_ENDPOINTS={asked.registry}")
    print(f"# subscription {SUBSCRIPTION}, group {GROUP}, environment {ENVIRONMENT}, location {LOCATION}")
    print(f"# misbehave: curl -d '{{\"busy\": 2}}' {server.url}/_control", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()


if __name__ == "__main__":
    main()
