"""A vendor's SDK takes a quarter of a second to import: never on the thread that draws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ui, pytest.mark.slow]

PROGRAM = """
import asyncio, json, os, sys, threading
from pathlib import Path

SDKS = ("boto3", "botocore", "google", "grpc", "azure", "docker")
seen = {}


class Watch:
    # Never finds anything; only notes who first asked.
    def find_spec(self, name, path=None, target=None):
        if name in SDKS:
            main = threading.current_thread() is threading.main_thread()
            seen.setdefault(name, "main" if main else "worker")
        return None


sys.meta_path.insert(0, Watch())
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.preferences import Preferences

here = Path.cwd()
scopes = ("local", "aws:eu-west-1", "gcp:test-project/us-central1",
          "azure:00000000-0000-0000-0000-000000000000/agents")
launch = Launch(here / "agent.yaml", here, here, dict(os.environ), scopes=scopes)


async def main():
    app = HolodeckApp(launch, preferences=Preferences())
    async with app.run_test() as pilot:
        for _ in range(600):
            snapshot = app.fleet.snapshot
            if len(snapshot.scopes) == len(scopes) and not snapshot.loading:
                break
            await pilot.pause(0.1)
        errors = {one.scope: one.error is not None for one in app.fleet.snapshot.scopes}
    print(json.dumps({"seen": seen, "errors": errors}))


asyncio.run(main())
"""


def test_no_sdk_is_imported_on_the_thread_that_draws(tmp_path: Path, sealed_home: Path) -> None:
    (tmp_path / "agent.yaml").write_text(
        "name: probe\nmodel: {provider: openai, name: gpt-4o}\ninstructions: {inline: hi}\n"
    )
    # Endpoints of this machine where nobody listens: the SDKs are imported, and answer soon.
    environ = {
        **os.environ,
        "HOME": str(sealed_home),
        "DOCKER_HOST": f"unix://{tmp_path}/none.sock",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN": "http://127.0.0.1:9/",
        "AZURE_RESOURCE_MANAGER_ENDPOINT": "http://127.0.0.1:9",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert {"botocore", "google", "azure"} <= set(told["seen"]), "the listing did import them"
    assert set(told["seen"].values()) == {"worker"}, told["seen"]
    assert {scope.partition(":")[0] for scope, failed in told["errors"].items() if failed} == {
        "aws",
        "gcp",
        "azure",
    }
