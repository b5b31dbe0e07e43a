"""What registries write into WWW-Authenticate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.image.challenge import Challenge, parse_challenges

pytestmark = pytest.mark.unit


def test_docker_hub() -> None:
    header = (
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
        'scope="repository:library/python:pull,push repository:a/b:pull",error="insufficient_scope"'
    )
    (challenge,) = parse_challenges(header)
    assert challenge.scheme == "bearer"
    assert challenge.parameters["realm"] == "https://auth.docker.io/token"
    assert challenge.scopes == {"repository:library/python:pull,push", "repository:a/b:pull"}


def test_ecr_asks_for_basic_with_blanks_and_other_cases() -> None:
    header = 'Basic Realm="https://1.dkr.ecr.eu-west-1.amazonaws.com/",  service="ecr.amazonaws.com"'
    assert parse_challenges(header) == [
        Challenge(
            "basic",
            {"realm": "https://1.dkr.ecr.eu-west-1.amazonaws.com/", "service": "ecr.amazonaws.com"},
        )
    ]


def test_two_in_one_header() -> None:
    found = parse_challenges('Negotiate, Basic realm="a, \\"b\\"", Bearer realm=plain , service=s')
    assert [(one.scheme, dict(one.parameters)) for one in found] == [
        ("negotiate", {}),
        ("basic", {"realm": 'a, "b"'}),
        ("bearer", {"realm": "plain", "service": "s"}),
    ]


@given(st.text(alphabet='Bearer realm=",\\x ' + "\t"))
def test_rubbish_never_raises(header: str) -> None:
    parse_challenges(header)


_text = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), _text, min_size=1))
def test_quoted_values_come_back(parameters: dict[str, str]) -> None:
    quoted = ",".join(
        '{}="{}"'.format(k, v.replace("\\", "\\\\").replace('"', '\\"')) for k, v in parameters.items()
    )
    assert parse_challenges(f"Bearer {quoted}") == [Challenge("bearer", parameters)]
