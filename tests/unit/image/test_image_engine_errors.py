"""What engines say, word by word as they said it, and what we make of it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Event, LogLines, Progress
from holodeck_tui.image.build_log import BuildLog
from holodeck_tui.image.engine_errors import build_fault, registry_fault
from holodeck_tui.image.registry_errors import Transient, Where
from holodeck_tui.image.transfer import TransferProgress

pytestmark = pytest.mark.unit

WHERE = Where("ghcr.io", "team/agent", "push the image")


@pytest.mark.parametrize(
    ("said", "code", "again"),
    [
        ("no basic auth credentials", "registry-unauthorized", False),
        ("unauthorized: authentication required", "registry-unauthorized", False),
        ("unauthorized: incorrect username or password", "registry-unauthorized", False),
        ("denied: requested access to the resource is denied", "registry-denied", False),
        ("denied: permission_denied: write_package", "registry-denied", False),
        ("unexpected status from HEAD request to https://x/v2/: 403 Forbidden", "registry-denied", False),
        ('Get "https://no.test/v2/": dial tcp: lookup no.test: no such host', "registry-unreachable", False),
        (
            'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
            "registry-unreachable",
            True,
        ),
        ('Get "https://x/v2/": net/http: TLS handshake timeout', "registry-unreachable", True),
        ('Get "https://x/v2/": context deadline exceeded', "registry-unreachable", True),
        ("write tcp 1->2: write: connection reset by peer", "registry-unreachable", True),
        ("write tcp 1->2: write: broken pipe", "registry-unreachable", True),
        ("received unexpected HTTP status: 503 Service Unavailable", "registry-unreachable", True),
        ('Put "https://x/v2/": EOF', "registry-unreachable", True),
        ("lookup ghcr.io on 1.1.1.1:53: server misbehaving", "registry-unreachable", True),
        ("http: server gave HTTP response to HTTPS client", "registry-unreachable", False),
        ("x509: certificate signed by unknown authority", "registry-unreachable", False),
        ("toomanyrequests: You have reached your pull rate limit.", "throttled", True),
        ("An image does not exist locally with the tag: ghcr.io/team/agent", "image-missing", False),
        ("tag does not exist: ghcr.io/team/agent:1", "image-missing", False),
        (
            "name unknown: The repository with name 'a' does not exist in the registry with id '1'",
            "repository-missing",
            False,
        ),
        ("write /var/lib/registry/x: no space left on device", "disk-full", False),
        ("something nobody has seen before", "push-failed", False),
    ],
)
def test_words_of_a_push(said: str, code: str, again: bool) -> None:
    fault = registry_fault(said, WHERE)
    assert isinstance(fault, Transient) is again
    error = fault.error if isinstance(fault, Transient) else fault
    assert error.code == code
    assert error.remedy
    assert error.message.endswith(".")


def test_without_a_login_the_remedy_is_to_log_in() -> None:
    fault = registry_fault("no basic auth credentials", WHERE)
    assert isinstance(fault, DeploymentError)
    assert fault.remedy.startswith("docker login ghcr.io")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (
            "image with reference x was found but does not match the specified platform: wanted linux/arm64",
            "platform-mismatch",
        ),
        ("standard_init_linux.go:228: exec user process caused: exec format error", "platform-mismatch"),
        ("failed to copy files: write /app/x: no space left on device", "disk-full"),
        ("The command '/bin/sh -c uv pip install' returned a non-zero code: 1", "build-failed"),
    ],
)
def test_words_of_a_build(said: str, code: str) -> None:
    assert build_fault(said, "linux/arm64", installs=True).code == code


class Recorder:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ctx = Context(emit=self.events.append)


def test_lines_are_told_whole_cleaned_and_in_batches() -> None:
    seen = Recorder()
    seen.ctx.redactor.add("s3cret-value")
    log = BuildLog()
    log.read(
        [
            {"stream": "Step 3/4 : RUN x"},
            {"stream": "\n"},
            {"stream": "half "},
            {"stream": "a line\nsecret s3cret-value \x1b]0;title\x07\nlast"},
        ],
        seen.ctx,
    )
    log.finish(seen.ctx)
    batches = [event.lines for event in seen.events if isinstance(event, LogLines)]
    assert batches == [("Step 3/4 : RUN x", "half a line", "secret *** "), ("last",)]


def test_what_a_build_made_itself_is_told_apart_from_the_cache_and_the_base() -> None:
    log = BuildLog()
    lines = [
        "Step 1/4 : ARG BASE=x",
        "Step 2/4 : FROM ${BASE}",
        " ---> aaaaaaaaaaaa",
        "Step 3/4 : ENV A=1",
        " ---> Using cache",
        " ---> bbbbbbbbbbbb",
        "Step 4/4 : RUN x",
        " ---> Running in cccccccccccc",
        "Removing intermediate container cccccccccccc",
        " ---> dddddddddddd",
    ]
    log.read([{"stream": f"{line}\n"} for line in lines], Context())
    assert log.images == ["dddddddddddd"]
    assert log.containers == ["cccccccccccc"]


def test_a_failure_is_the_engines_own_words() -> None:
    log = BuildLog()
    log.read(
        [{"stream": "a\n"}, {"errorDetail": {"code": 1, "message": "long"}, "error": "short"}], Context()
    )
    assert log.failure == "long"


STATUS = st.one_of(
    st.builds(
        lambda name, current, total: {
            "id": name,
            "status": "Pushing",
            "progressDetail": {"current": current, "total": total},
        },
        st.sampled_from("abcd"),
        st.integers(0, 10**9),
        st.integers(0, 10**9),
    ),
    st.builds(
        lambda name, status: {"id": name, "status": status, "progressDetail": {}},
        st.sampled_from("abcd"),
        st.sampled_from(["Preparing", "Waiting", "Pushed", "Layer already exists", "Mounted from x"]),
    ),
    st.sampled_from([{"status": "The push refers to repository [x]"}, {"aux": {"Digest": "d"}}, {}]),
)


@given(st.lists(st.lists(STATUS, max_size=6), max_size=12))
def test_the_sum_never_goes_back(batches: list[list[dict[str, object]]]) -> None:
    seen = Recorder()
    progress = TransferProgress(seen.ctx, "push")
    for batch in batches:
        progress.read(batch)
    sums = [event for event in seen.events if isinstance(event, Progress) and event.id == "total"]
    for before, after in pairwise(sums):
        assert after.current >= before.current
        assert after.current * before.total >= before.current * after.total
    assert all(0 <= event.current <= event.total for event in seen.events if isinstance(event, Progress))


def test_there_is_no_sum_before_the_size_of_every_layer_is_known() -> None:
    seen = Recorder()
    progress = TransferProgress(seen.ctx, "push")
    progress.read(
        [{"id": name, "status": "Preparing", "progressDetail": {}} for name in ("ab", "base", "old")]
    )
    progress.read([{"id": "ab", "status": "Pushing", "progressDetail": {"current": 90, "total": 100}}])
    progress.read([{"id": "ab", "status": "Pushed", "progressDetail": {}}])
    progress.read([{"id": "base", "status": "Waiting", "progressDetail": {}}])
    assert [event.id for event in seen.events if isinstance(event, Progress)] == ["ab", "ab"]
    progress.read([{"id": "base", "status": "Pushing", "progressDetail": {"current": 100, "total": 9900}}])
    progress.read([{"id": "old", "status": "Layer already exists", "progressDetail": {}}])
    last = seen.events[-1]
    assert isinstance(last, Progress)
    assert (last.id, last.current, last.total) == ("total", 200, 10000)


def test_everything_pushed_is_all_of_it() -> None:
    seen = Recorder()
    progress = TransferProgress(seen.ctx, "push")
    for name in "ab":
        progress.read([{"id": name, "status": "Pushing", "progressDetail": {"current": 1, "total": 100}}])
    progress.read([{"id": name, "status": "Pushed", "progressDetail": {}} for name in "ab"])
    last = seen.events[-1]
    assert isinstance(last, Progress)
    assert (last.id, last.current, last.total) == ("total", 200, 200)


@pytest.mark.parametrize(
    "said",
    [
        "The command '/bin/sh -c python=\"$(sed -n)\" && uv pip install' returned a non-zero code: 2",
        'process "/bin/sh -c uv pip install" did not complete successfully: exit code: 2',
        'building at STEP "RUN uv pip install": while running runtime: exit status 2',
    ],
)
def test_a_command_that_failed_is_told_by_its_code_and_not_by_its_text(said: str) -> None:
    error = build_fault(said, "linux/amd64", installs=True)
    assert error.reason == "a command of the build ended with exit code 2"
