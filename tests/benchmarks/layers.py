"""Images without an engine against docker-py: the same change of the same agent on the real HoloDeck base."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks.timing import Row, seconds, show
from tests.integration.layers.proxy import proxy_to
from tests.integration.layers.registries import (
    Workshop,
    push_base,
    settings_of,
    workshop,
    write_agent,
)
from tests.registry import registry_process

BASE = "holodeck-base:test"
ROUND_TRIP = 0.05


def change(agent: Path) -> None:
    """Make the agent another one."""
    head, _, _ = agent.read_text().partition("# changed")
    agent.write_text(f"{head.rstrip()}\n# changed\ndescription: at {time.time_ns()}\n")


def ours(bench: Workshop, agent: Path) -> float:
    """From a changed agent.yaml to the image in the registry: bundle, base, plan, layers, push."""
    change(agent)
    bench.settings = settings_of(agent)
    bench.counter.clear()
    return seconds(bench.build)


@contextmanager
def engine_of_its_own(folder: Path) -> Iterator[str]:
    """A second dockerd that has nothing, so that nobody's images must go to be cold; its address."""
    socket = f"unix://{folder}/docker.sock"
    options = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
    # A bridge of its own: `--bridge none` would take away the one of the engine that runs already.
    bridge = f"bench{os.getpid() % 100_000}"
    subprocess.run(["ip", "link", "add", bridge, "type", "bridge"], check=True)
    subprocess.run(["ip", "addr", "add", "172.30.255.1/24", "dev", bridge], check=True)
    network = ["--bridge", bridge, "--iptables=false", "--ip-forward=false", "--ip-masq=false"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(["dockerd", "-H", socket, *options, *network], stdout=log, stderr=log)
    try:
        for _ in range(150):
            done = subprocess.run(["docker", "-H", socket, "version"], capture_output=True, check=False)
            if done.returncode == 0:
                break
            if process.poll() is not None:
                raise RuntimeError((folder / "log").read_text()[-400:])
            time.sleep(0.2)
        yield socket
    finally:
        process.terminate()
        process.wait(60)
        subprocess.run(["ip", "link", "del", bridge], check=False)


def by_docker_py(address: str, base: str, target: str, folder: Path) -> float:
    """The same change through docker-py: build on the base, push, digest in hand."""
    import docker

    client = docker.DockerClient(base_url=address, timeout=600)
    (folder / "Dockerfile").write_text(f"FROM {base}\nCOPY agent.yaml instructions data /app/\n")
    change(folder / "agent.yaml")

    def work() -> None:
        client.images.build(path=str(folder), tag=target, rm=True)
        last = ""
        for line in client.images.push(target, stream=True, decode=True):
            if "error" in line:
                raise RuntimeError(line["error"])
            last = (line.get("aux") or {}).get("Digest", last)
        assert last.startswith("sha256:")

    try:
        return seconds(work)
    finally:
        client.close()


def engine_rows(folder: Path, host: str, base: str) -> list[Row]:
    """Warm and cold, A B A B, against an engine that had nothing at first."""
    agent = write_agent(folder / "ours", base, host, "bench/ours")
    by_hand = write_agent(folder / "theirs", base, host, "bench/theirs").parent
    with engine_of_its_own(folder) as address:
        cold_ours = ours(workshop(agent), agent)
        cold_theirs = by_docker_py(address, base, f"{host}/bench/theirs:v1", by_hand)
        bench = workshop(agent)
        ours(bench, agent)
        pairs = [
            (ours(bench, agent), by_docker_py(address, base, f"{host}/bench/theirs:v1", by_hand))
            for _ in range(9)
        ]
    warm_ours, warm_theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    warm = statistics.median(theirs / mine for mine, theirs in pairs)
    # What "cold" means for ours is a first build that knows nothing; for a machine that has built before,
    # an engine without the base is as cold, and ours does not notice.
    return [
        Row(
            "docker-py / layers, warm",
            f"{warm:.1f}x",
            ">= 4x",
            f"{warm_theirs:.3f} s against {warm_ours:.3f} s",
        ),
        Row(
            "docker-py / layers, the engine has nothing",
            f"{cold_theirs / warm_ours:.0f}x",
            ">= 200x",
            f"{cold_theirs:.1f} s against {warm_ours:.3f} s (first build ever: {cold_ours:.3f} s)",
        ),
    ]


def round_trip_rows(folder: Path, host: str) -> list[Row]:
    """A changed agent, an unchanged one and a new tag, with 50 ms to the registry and back."""
    with proxy_to(host, round_trip=ROUND_TRIP) as proxy:
        agent = write_agent(folder / "far", f"{proxy.host}/bench/base:1", proxy.host, "bench/far")
        bench = workshop(agent)
        ours(bench, agent)
        times, counts = [], []
        for _ in range(7):
            times.append(ours(bench, agent))
            counts.append((len(bench.counter.requests), bench.counter.in_sequence))
        requests, in_sequence = counts[-1]
        changed = Row(
            "changed agent, 50 ms to the registry",
            f"{statistics.median(times):.3f} s",
            "<= 0.35 s",
            f"{requests} requests, {in_sequence} in sequence (goal 4)",
        )
        bench.counter.clear()
        again = seconds(bench.build)
        unchanged = Row(
            "unchanged agent, 50 ms to the registry",
            f"{again:.3f} s",
            "1 request",
            f"{len(bench.counter.requests)} requests: 1 for the base's tag, 1 for the image",
        )
        bench.counter.clear()
        tagged = seconds(lambda: bench.build("v2"))
        retag = Row(
            "the same image under a new tag",
            f"{tagged:.3f} s",
            "0 blobs",
            f"{len([p for p in bench.counter.sent('PUT') if '/blobs/' in p])} blobs sent, "
            f"{bench.counter.in_sequence} in sequence",
        )
    return [changed, unchanged, retag]


def rows() -> list[Row]:
    """Every row about images without an engine; says why where there can be none."""
    found = subprocess.run(["docker", "image", "inspect", BASE], capture_output=True, check=False)
    if found.returncode != 0 or not shutil.which("docker-registry") or not shutil.which("skopeo"):
        print(f"no {BASE}, docker-registry or skopeo: layers are left out; run tests/environment/setup.sh")
        return []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        registry = stack.enter_context(registry_process(folder / "registry"))
        base = push_base(BASE, registry.host, "bench/base:1")
        measured = round_trip_rows(folder, registry.host)
        if os.name == "posix" and os.getuid() == 0 and shutil.which("dockerd"):
            measured = [*engine_rows(folder, registry.host, base), *measured]
        else:
            print("an engine of its own takes root and dockerd: the comparison with docker-py is left out")
        return measured


if __name__ == "__main__":
    show(rows())
