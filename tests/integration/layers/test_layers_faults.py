"""Bad days, through a real proxy: in the end the image is right, and what had arrived is not sent again."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import Event, Progress
from holodeck_tui.core.values import ImageRef
from tests.integration.layers.conftest import Place
from tests.integration.layers.proxy import Fault, Proxy, proxy_to
from tests.integration.layers.registries import Workshop, fetch, skopeo, workshop, write_agent
from tests.registry import registry_process

pytestmark = [pytest.mark.integration, pytest.mark.docker]

BIG = 6 << 20
BIG_BLOB = r"PUT [^\r]*/blobs/.*content-length: \d{7}"
CLOSE = "Content-Length: 0\nConnection: close\n\n"
UNAVAILABLE = f"HTTP/1.1 503 Service Unavailable\n{CLOSE}"
SLOW_DOWN = f"HTTP/1.1 429 Too Many Requests\nRetry-After: 1\n{CLOSE}"


def agent_behind(place: Place, proxy: Proxy, folder: Path) -> Path:
    """An agent with a data layer, whose base and registry are reached by the proxy."""
    base = f"{proxy.host}/team/base:1"
    agent = write_agent(folder / "a", base, proxy.host, f"team/fault-{uuid.uuid4().hex[:8]}")
    (folder / "a" / "data" / "big.bin").write_bytes(os.urandom(BIG))
    return agent


def check(place: Place, image: ImageRef) -> None:
    """The registry holds the whole image: skopeo checks every digest while it copies."""
    repository = image.repository.partition("/")[2]
    assert fetch(place.host, f"{repository}/manifests/{image.digest}").status_code == 200
    layout = Path("/tmp") / f"check-{uuid.uuid4().hex}"
    try:
        skopeo(
            "copy",
            "-q",
            "--src-tls-verify=false",
            f"docker://{place.host}/{repository}:v1",
            f"oci:{layout}:x",
        )
    finally:
        shutil.rmtree(layout, ignore_errors=True)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(BIG_BLOB, cut_after=2 << 20), id="reset in a blob"),
        pytest.param(Fault(BIG_BLOB, cut_after=2 << 20, gently=True), id="closed in a blob"),
        pytest.param(Fault("PUT .*/blobs/", cut_after=0), id="reset before a blob"),
        pytest.param(Fault("POST .*/uploads/", cut_after=0, times=3), id="no upload can be opened"),
        pytest.param(Fault("HEAD .*/blobs/", cut_after=0, times=2), id="look-ups reset"),
        pytest.param(Fault("PUT .*/manifests/", cut_after=0), id="manifest reset"),
        pytest.param(
            Fault(BIG_BLOB, answer=f"HTTP/1.1 500 Internal Server Error\n{CLOSE}"), id="500 on a blob"
        ),
        pytest.param(
            Fault("PUT .*/manifests/", answer=UNAVAILABLE), id="503 on a manifest"
        ),
        pytest.param(
            Fault("POST .*/uploads/", answer=SLOW_DOWN), id="429"
        ),
        pytest.param(
            Fault(BIG_BLOB, answer=f"HTTP/1.1 404 Not Found\n{CLOSE}"), id="upload forgotten"
        ),
    ],
)  # fmt: skip
def test_one_run_gets_over_it_and_sends_only_that_again(
    open_place: Place, tmp_path: Path, fault: Fault
) -> None:
    fault = Fault(**{**vars(fault), "hits": 0})
    with proxy_to(open_place.host, fault) as proxy:
        bench = workshop(agent_behind(open_place, proxy, tmp_path))
        image = bench.build()
        assert fault.hits == fault.times
        # Support, data, agent and configuration, each once, and once more what was hit; the base is mounted.
        again = fault.hits if "PUT" in fault.line and "/blobs/" in fault.line else 0
        assert proxy.count("PUT .*/blobs/") == 4 + again
        check(open_place, image)


def test_after_a_run_that_failed_the_next_sends_only_what_is_missing(
    open_place: Place, tmp_path: Path
) -> None:
    """The big blob never gets through; everything else does, and stays."""
    never = Fault(BIG_BLOB, cut_after=3 << 20, times=1000)
    with proxy_to(open_place.host, never) as proxy:
        agent = agent_behind(open_place, proxy, tmp_path)
        with pytest.raises(DeploymentError) as caught:
            impatient(agent).build()
        assert caught.value.code == "network"
        assert "what arrived is kept" in caught.value.remedy
        never.times = 0
        proxy.lines.clear()
        proxy.received = 0
        image = workshop(agent).build()
        assert BIG < proxy.received < BIG + (1 << 20)
        assert proxy.count("PUT .*/blobs/") == 1
        check(open_place, image)


def impatient(agent: Path) -> Workshop:
    """Does not wait between tries: these tests need no patience, only its end."""

    class Hasty(CancelToken):
        def sleep(self, seconds: float) -> None:
            self.check()

    return workshop(agent, ctx=Context(environ={"HOME": str(agent.parent)}, cancel=Hasty()))


def test_a_server_that_wants_an_hour_is_not_waited_for(open_place: Place, tmp_path: Path) -> None:
    answer = f"HTTP/1.1 429 Too Many Requests\nRetry-After: 3600\n{CLOSE}"
    with proxy_to(open_place.host, Fault("GET ", times=99, answer=answer)) as proxy:
        began = time.monotonic()
        with pytest.raises(DeploymentError) as caught:
            workshop(agent_behind(open_place, proxy, tmp_path)).build()
        assert caught.value.code == "throttled"
        assert time.monotonic() - began < 10


def test_a_slow_link_is_slow_and_tells_how_far_it_is(open_place: Place, tmp_path: Path) -> None:
    events: list[Event] = []
    slow = Fault("PUT .*/blobs/", times=99, bytes_per_second=8 << 20)
    with proxy_to(open_place.host, slow) as proxy:
        agent = agent_behind(open_place, proxy, tmp_path)
        ctx = Context(emit=events.append, environ={"HOME": str(tmp_path)})
        image = workshop(agent, ctx=ctx).build()
        check(open_place, image)
    sums = [
        (event.current, event.total)
        for event in events
        if isinstance(event, Progress) and event.id == "total"
    ]
    assert sums == sorted(sums)
    assert sums[-1][0] == sums[-1][1] > BIG
    assert len(sums) > 3


def test_cancel_ends_a_transfer_at_once_and_the_next_run_is_right(open_place: Place, tmp_path: Path) -> None:
    slow = Fault("PUT .*/blobs/", times=99, bytes_per_second=1 << 18)
    with proxy_to(open_place.host, slow) as proxy:
        agent = agent_behind(open_place, proxy, tmp_path)
        cancel = CancelToken()
        threading.Timer(1.5, cancel.cancel).start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            workshop(agent, ctx=Context(environ={"HOME": str(tmp_path)}, cancel=cancel)).build()
        assert time.monotonic() - began < 10
        slow.times = 0
        check(open_place, workshop(agent).build())


def test_cancel_does_not_wait_for_a_registry_that_says_nothing(open_place: Place, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        agent = write_agent(tmp_path / "a", open_place.base, host)
        cancel = CancelToken()
        threading.Timer(0.5, cancel.cancel).start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            workshop(agent, ctx=Context(environ={"HOME": str(tmp_path)}, cancel=cancel)).build()
        assert time.monotonic() - began < 10


def test_a_layout_whose_download_was_cut_is_whole_in_the_end(open_place: Place, tmp_path: Path) -> None:
    from holodeck_tui.image.registry_errors import Transient  # noqa: F401 - the fault this is about

    with proxy_to(open_place.host) as proxy:
        agent = write_agent(tmp_path / "a", f"{proxy.host}/team/base:1", proxy.host)
        bench = workshop(agent)
        with bench.open() as builder:
            plan = bench.plan(builder)
            real, proxy.target = proxy.target, ("127.0.0.1", 1)
            threading.Timer(0.7, lambda: setattr(proxy, "target", real)).start()
            builder.write_layout(plan, tmp_path / "layout")
        skopeo("copy", "-q", f"oci:{tmp_path}/layout:v1", f"oci:{tmp_path}/copy:x")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB for a registry's data."""
    if os.name != "posix" or os.getuid() != 0:
        pytest.skip("mounting a small file system takes root")
    folder = tmp_path / "disk"
    (folder / "data").mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder / "data"], check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder / "data"], check=True)


def test_a_full_disk_at_the_registry(open_place: Place, small_disk: Path, tmp_path: Path) -> None:
    with registry_process(small_disk) as registry:
        agent = write_agent(tmp_path / "a", open_place.base, registry.host)
        (agent.parent / "data" / "big.bin").write_bytes(os.urandom(4 << 20))
        with pytest.raises(DeploymentError) as caught:
            impatient(agent).build()
        assert caught.value.code in {"disk-full", "registry-error"}, caught.value
        assert "again" in caught.value.remedy
        remount = ["mount", "-o", "remount,size=400m", small_disk / "data"]
        subprocess.run(remount, check=True)
        image = workshop(agent).build()
        layout = tmp_path / "layout"
        skopeo("copy", "-q", "--src-tls-verify=false", f"docker://{image.uri}", f"oci:{layout}:x")
