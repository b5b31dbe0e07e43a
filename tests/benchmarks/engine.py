"""The engine and its command line: help, validate, bundle, and a deploy to this machine."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.timing import Row, ratio, seconds

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "holodeck_tui" / "sample"
BASE = "holodeck-base:test"
HELLO = "hello-holodeck"
MIB = 1 << 20


def command(*words: str, cwd: Path, home: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own, with a home folder of the benchmark's."""
    tool = Path(sys.executable).with_name("holodeck-deploy-tui")
    environment = {**os.environ, "HOME": str(home), "OPENAI_API_KEY": "sk-benchmark-dummy"}
    done = subprocess.run(
        [str(tool), *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise SystemExit(f"{words} ended with {done.returncode}:\n{done.stderr}")
    return done


def help_row(folder: Path) -> Row:
    """``--help`` against an interpreter that imports click and nothing else."""
    return ratio(
        "--help / python -c 'import click'",
        "<= 2.5x",
        lambda: command("--help", cwd=folder, home=folder),
        lambda: subprocess.run([sys.executable, "-c", "import click"], check=True),
        runs=15,
    )


def validate_row(folder: Path, samples: Path | None) -> Row:
    """``validate`` of the largest sample there is, else of the one that ships."""
    found = sorted(samples.rglob("agent.yaml"), key=lambda path: path.stat().st_size) if samples else []
    agent = found[-1] if found else SAMPLE / "agent.yaml"
    command("validate", str(agent), cwd=folder, home=folder, check=False)
    times = [
        seconds(lambda: command("validate", str(agent), cwd=folder, home=folder, check=False))
        for _ in range(7)
    ]
    return Row(f"validate {agent.parent.parent.name}", f"{statistics.median(times):.2f} s", "<= 0.4 s")


def bundle_row(folder: Path) -> Row:
    """500 MB of data: our bundle against ``tar c | sha256sum``."""
    agent = folder / "big"
    data = agent / "data"
    data.mkdir(parents=True)
    (agent / "agent.yaml").write_text(
        "name: big\nmodel: {provider: openai, name: gpt-4o}\ninstructions: {inline: hi}\n"
        "tools:\n  - {type: vectorstore, name: docs, description: d, source: data}\n"
    )
    for number in range(25):
        (data / f"part{number}.txt").write_bytes(os.urandom(MIB) * 20)
    try:
        return ratio(
            "bundle of 500 MB / tar c | sha256sum",
            "<= 2x",
            lambda: command("bundle", cwd=agent, home=folder),
            lambda: subprocess.run(
                f"tar -C {agent} -c . | sha256sum", shell=True, check=True, capture_output=True
            ),
            runs=3,
        )
    finally:
        shutil.rmtree(agent)


@contextmanager
def local_agent(folder: Path) -> Iterator[Path]:
    """A copy of the shipped sample on the test base, destroyed afterwards."""
    agent = folder / "agent"
    shutil.copytree(SAMPLE, agent)
    (agent / "deploy.yaml").write_text(
        f"image: {{base: '{BASE}'}}\nlocal: {{runtime: docker}}\ntarget: local\n"
    )
    try:
        yield agent
    finally:
        command("destroy", "--yes", "--target", "local", cwd=agent, home=folder, check=False)


def deploy_rows(folder: Path) -> list[Row]:
    """A changed and an unchanged deploy to this machine, against docker by hand."""
    rows: list[Row] = []
    with local_agent(folder) as agent:
        deploy = ("deploy", "--target", "local", "--output", "json")
        command(*deploy, cwd=agent, home=folder)
        times = [seconds(lambda: command(*deploy, cwd=agent, home=folder)) for _ in range(5)]
        rows.append(Row("unchanged deploy to this machine", f"{statistics.median(times):.2f} s", "<= 1 s"))

        def ours() -> None:
            touch(agent)
            last = command(*deploy, cwd=agent, home=folder).stdout.splitlines()[-1]
            assert json.loads(last)["deployment"]["state"] == "healthy"

        hand = folder / "hand"
        shutil.copytree(SAMPLE, hand)
        (hand / "Dockerfile").write_text(f"FROM {BASE}\nCOPY . /app\n")
        rows.append(
            ratio(
                "changed deploy / docker build, run and health wait by hand",
                "<= 1.25x",
                ours,
                lambda: by_hand(hand),
                runs=3,
            )
        )
    return rows


def touch(agent: Path) -> None:
    """Make the agent another one."""
    with (agent / "instructions" / "system-prompt.md").open("a") as file:
        file.write(f"\nChanged at {time.time_ns()}.\n")


def by_hand(folder: Path) -> None:
    """What a user without this tool types, and waits for."""
    touch(folder)
    quiet = {"check": True, "capture_output": True}
    build_environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    subprocess.run(
        ["docker", "build", "-q", "-t", "benchmark-hand:1", "."], cwd=folder, env=build_environment, **quiet
    )
    run = ["docker", "run", "-d", "-e", "OPENAI_API_KEY=sk-benchmark-dummy", "-p", "127.0.0.1:0:8080"]
    hardening = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp"]
    made = subprocess.run([*run, *hardening, "benchmark-hand:1"], text=True, **quiet)
    container = made.stdout.strip()
    try:
        port = subprocess.run(["docker", "port", container, "8080"], text=True, **quiet).stdout.split(":")[-1]
        wait_healthy(f"http://127.0.0.1:{port.strip()}/health")
    finally:
        subprocess.run(["docker", "rm", "-f", container], **quiet)


def wait_healthy(url: str) -> None:
    """Ask ten times a second until the body says healthy, for two minutes at most."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if json.load(answer)["status"] == "healthy":
                    return
        except (OSError, ValueError):
            pass
        time.sleep(0.1)
    raise SystemExit("the container by hand never became healthy")


def rows() -> list[Row]:
    """Every row of the engine, in the order of the pipeline."""
    named = os.environ.get("HOLODECK_SAMPLES")
    samples = Path(named) if named else REPOSITORY.parent / "shared" / "samples"
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        found = [
            help_row(folder),
            validate_row(folder, samples if samples.is_dir() else None),
            bundle_row(folder),
        ]
        if (
            subprocess.run(["docker", "image", "inspect", BASE], capture_output=True, check=False).returncode
            == 0
        ):
            found.extend(deploy_rows(folder))
        else:
            print(f"no engine with {BASE}: the deploys are left out; run tests/environment/setup.sh")
        return found
