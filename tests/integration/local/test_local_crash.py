"""A run that is killed in the middle: the next one cleans up and goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.integration.local.local_bench import Bench

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's"),
]


def kill_in_the_middle(bench: Bench) -> None:
    facts = {
        "folder": str(bench.folder),
        "runtime": bench.runtime,
        "root": str(bench.root),
        "name": bench.name,
        "image": [bench.image.uri, bench.image.digest] if bench.image else None,
    }
    top = Path(__file__).resolve().parents[3]
    run = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed_deploy.py")), json.dumps(facts)],
        env={**os.environ, **bench.environ, "PYTHONPATH": str(top)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    runtime = bench.deployer()._runtimes
    ctx = bench.context()
    one = runtime.process(ctx) if bench.runtime == "process" else runtime.docker(ctx)
    service = bench.deployer().service_name(bench.settings())
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        view = one.view(service)
        if view is not None and any(unit.phase == "running" for unit in view.strays):
            break
        assert run.poll() is None, run.stdout and run.stdout.read()
        time.sleep(0.05)
    run.kill()
    run.communicate()


def test_killed_first_deploy(bench: Bench) -> None:
    bench.write(variables={"STANDIN": "slow:60"})
    kill_in_the_middle(bench)
    assert bench.state() == "deploying"
    bench.write()
    made = bench.deploy()
    assert (made.state, bench.state()) == ("healthy", "healthy")
    assert len(bench.deployer().revisions(bench.ref(), bench.context())) == 1


def test_killed_redeploy_keeps_the_old_and_the_next_run_goes_on(bench: Bench) -> None:
    first = bench.deploy()
    bench.write(text="two", variables={"STANDIN": "slow:60"})
    kill_in_the_middle(bench)
    assert httpx.get(f"{first.url}/health", timeout=5).json()["agent_name"] == "one"
    assert bench.state() == "healthy"
    bench.write(text="three")
    made = bench.deploy()
    assert made.url == first.url
    assert httpx.get(f"{made.url}/health", timeout=5).json()["agent_name"] == "three"
    assert len(bench.deployer().revisions(bench.ref(), bench.context())) == 2
    view = bench.deployer()._runtime(bench.ref(), bench.context()).view(bench.ref().name)
    assert view is not None
    assert view.strays == []
