"""What an image costs: round trips, and memory for a gigabyte of data."""

from __future__ import annotations

import os
import subprocess
import textwrap
import uuid
from pathlib import Path

import pytest

from tests.integration.layers.conftest import Place
from tests.integration.layers.proxy import proxy_to
from tests.integration.layers.registries import settings_of, workshop, write_agent
from tests.measured import measured

pytestmark = [pytest.mark.integration, pytest.mark.docker]

MEGABYTE = 1_000_000
REPOSITORY = Path(__file__).parents[3]


def fresh_name() -> str:
    return f"team/cost-{uuid.uuid4().hex[:8]}"


def test_round_trips_in_sequence(open_place: Place, tmp_path: Path) -> None:
    """Far enough away that nothing but waiting for one another makes a sequence."""
    with proxy_to(open_place.host, round_trip=0.3) as proxy:
        agent = write_agent(tmp_path / "a", f"{proxy.host}/team/base:1", proxy.host, fresh_name())
        bench = workshop(agent)
        bench.build()
        agent.write_text(agent.read_text().replace("name: tester", "name: tester\ndescription: changed"))
        bench.settings = settings_of(agent)
        bench.counter.clear()
        bench.build()
        assert bench.counter.in_sequence <= 4, bench.counter.requests
        bench.counter.clear()
        bench.build()
        # One for the image; the base's tag is asked for at the same time.
        assert bench.counter.in_sequence == 1
        assert len(bench.counter.requests) == 2


SCRIPT = """
import resource, sys
sys.path.insert(0, {folder!r})
from pathlib import Path
from tests.integration.layers.registries import LOGIN, workshop
bench = workshop(Path({agent!r}), LOGIN)
image = bench.build()
print(image.digest)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(agent: Path) -> tuple[str, float]:
    """Digest, and the most memory in MB that a process of its own had resident."""
    script = textwrap.dedent(SCRIPT).format(folder=str(REPOSITORY), agent=str(agent))
    done = subprocess.run(measured(script), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    digest, kilobytes = done.stdout.split()
    return digest, int(kilobytes) * 1024 / MEGABYTE


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the peak is asked of getrusage")
def test_a_gigabyte_of_data_and_a_base_from_elsewhere_cost_little_memory(
    open_place: Place, locked_place: Place, tmp_path: Path
) -> None:
    """The base streams from one registry to the other; the data is packed twice and never held."""
    agent = write_agent(tmp_path / "a", open_place.base, locked_place.host, fresh_name())
    _, before = peak(agent)
    with (agent.parent / "data" / "big.bin").open("wb") as file:
        for _ in range(16):
            file.write(os.urandom(1 << 20))
            file.seek(63 << 20, os.SEEK_CUR)
        file.truncate(1000 * MEGABYTE)
    _, after = peak(agent)
    # The whole process with its imports, not the growth alone.
    assert after <= 150, (before, after)
