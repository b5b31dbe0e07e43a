"""References mean here what they mean to container engines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.reference import Reference, is_loopback, parse_reference

pytestmark = pytest.mark.unit
DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python", "docker.io/library/python:latest"),
        ("python:3.12-slim", "docker.io/library/python:3.12-slim"),
        ("team/app", "docker.io/team/app:latest"),
        ("index.docker.io/library/python", "docker.io/library/python:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("127.0.0.1:5000/a/b:c", "127.0.0.1:5000/a/b:c"),
        ("[::1]:5000/a", "[::1]:5000/a:latest"),
        ("ghcr.io/org/app@" + DIGEST, "ghcr.io/org/app@" + DIGEST),
        ("ghcr.io/org/app:1.2@" + DIGEST, "ghcr.io/org/app:1.2@" + DIGEST),
        ("eu-docker.pkg.dev/p/r/a__b.c-d:T_1.2-x", "eu-docker.pkg.dev/p/r/a__b.c-d:T_1.2-x"),
    ],
)
def test_what_people_leave_away_is_filled_in(text: str, expected: str) -> None:
    assert str(parse_reference(text)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "Upper", "a//b", "ghcr.io/Org/app", "app:", "app:-x", "app@sha256:12", "a/b@", "https://ghcr.io/a/b",
     "ghcr.io/", "a" * 250 + "/b" * 10, "ghcr.io/a/b:" + "t" * 129, "host:port/a", "a b", "a/b\nFROM x"],
)  # fmt: skip
def test_what_is_no_reference_says_which_part_is_wrong(text: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        parse_reference(text)
    assert caught.value.code == "config-invalid"
    assert caught.value.reason


_part = st.from_regex(r"[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,8})?", fullmatch=True)


@given(
    st.sampled_from(["ghcr.io", "localhost:5000", "10.0.0.1", "a.b.c:1"]),
    st.lists(_part, min_size=1, max_size=4),
    st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
    st.booleans(),
)
def test_what_is_written_is_read_again(host: str, parts: list[str], tag: str | None, pinned: bool) -> None:
    reference = Reference(host, "/".join(parts), tag, DIGEST if pinned else None)
    if tag is None and not pinned:
        reference = reference.tagged("latest")
    assert parse_reference(str(reference)) == reference


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        parsed = parse_reference(text)
    except DeploymentError:
        return
    assert parse_reference(str(parsed)) == parsed


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *(
            (host, True)
            for host in ("localhost", "localhost:5000", "x.localhost", "127.0.0.1", "127.9.9.9:1")
        ),
        ("[::1]:5000", True),
        *((host, False) for host in ("localhost.evil.com", "127.0.0.1.evil.com", "10.0.0.1:5000", "ghcr.io")),
        ("0.0.0.0", False),
    ],
)
def test_this_machine_is_known_without_asking_dns(host: str, local: bool) -> None:
    assert is_loopback(host) is local
