"""KEY=VALUE: which key, and of which type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.config.document import dotted
from holodeck_tui.config.keys import parse_assignment, parse_key, typed
from holodeck_tui.config.spelling import as_holodeck
from holodeck_tui.core.errors import DeploymentError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "keys", "value"),
    [
        ("a=1", ("a",), "1"),
        ("a.b=c=d", ("a", "b"), "c=d"),
        ("a.b=", ("a", "b"), ""),
        ("a\\.b.c=1", ("a.b", "c"), "1"),
        ('a."b.c=d".e=1', ("a", "b.c=d", "e"), "1"),
        ("a\\=b=1", ("a=b",), "1"),
        ("a\\\\.b=1", ("a\\", "b"), "1"),
        ("a.0.b=x", ("a", "0", "b"), "x"),
    ],
)
def test_assignments(text, keys, value):
    assert parse_assignment(text) == (keys, value)


@pytest.mark.parametrize("text", ["a", "", "=1", ".a=1", "a.=1", "a..b=1"])
def test_what_is_no_assignment(text):
    with pytest.raises(DeploymentError) as caught:
        parse_assignment(text)
    assert caught.value.code == "usage"


def test_an_error_never_shows_the_value():
    with pytest.raises(DeploymentError) as caught:
        parse_assignment("deployment..key=hunter2")
    assert "hunter2" not in str(caught.value) + caught.value.remedy


@given(st.lists(st.text(st.sampled_from('ab.\\="é'), min_size=1, max_size=6), min_size=1, max_size=4))
def test_every_path_can_be_written_and_read_again(parts):
    quoted = ".".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)
    assert parse_key(quoted) == tuple(parts)
    if not any('"' in part or "=" in part for part in parts):
        assert parse_key(dotted(parts)) == tuple(parts)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("deployment.port", "8081", 8081),
        ("deployment.port", "${PORT}", "${PORT}"),
        ("deployment.environment.PORT", "8081", "8081"),
        ("deployment.environment.DEBUG", "yes", "yes"),
        ("deployment.environment.EMPTY", "", ""),
        ("deployment.environment.DAY", "2020-01-01", "2020-01-01"),
        ("deployment.environment.JSON", '{"a": 1}', '{"a": 1}'),
        ("deployment.environment.HASH", "a # b", "a # b"),
        ("deployment.environment.Q", '"8080"', "8080"),
        ("deployment.registry.custom_tag", "1.10", "1.10"),
        ("deployment.registry.custom_tag", "null", None),
        ("deployment.registry.repository", "0123", "0123"),
        ("deployment.target.gcp.region", "no", "no"),
        ("deployment.target.azure.ingress_external", "yes", True),
        ("deployment.target.azure.cpu", "0.5", 0.5),
        ("deployment.target.aws.cpu", "1 vCPU", "1 vCPU"),
        ("deployment.environment", "{A: b}", {"A": "b"}),
        ("model.temperature", "0.2", 0.2),
        ("name", "007", "007"),
        ("x.unknown", "[1, a]", [1, "a"]),
        ("x.unknown", "[1, a", "[1, a"),
        ("x.unknown", "2020-01-01", "2020-01-01"),
    ],
)
def test_values_have_the_type_of_their_field(key, text, value):
    found = typed(tuple(key.split(".")), text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("key", "value", "spelled"),
    [
        ("deployment.registry.tag_strategy", "git-sha", "git_sha"),
        ("deployment.registry.tag_strategy", "git-tag", "git_tag"),
        ("deployment.registry.tag_strategy", "semver", "semver"),
        ("deployment.runtime", "auto", "container"),
        ("deployment.runtime", "docker", "docker"),
        ("deployment.target.aws.cpu", "1 vCPU", 1),
        ("deployment.target.aws.memory", "2 GB", 2048),
        ("deployment.target.aws.memory", "lots", "lots"),
        ("deployment.target.gcp.cpu", "2000m", 2),
        ("deployment.target.gcp.memory", "1.5Gi", "1536Mi"),
        ("deployment.target.azure.cpu", "0.5", 0.5),
        ("deployment.target.gcp.cpu", "${CPU}", "${CPU}"),
        ("deployment.target.aws", {"cpu": "2 vCPU", "region": "x"}, {"cpu": 2, "region": "x"}),
        ("deployment.environment.cpu", "1 vCPU", "1 vCPU"),
    ],
)
def test_what_is_written_is_in_holodecks_spelling(key, value, spelled):
    assert as_holodeck(tuple(key.split(".")), value) == spelled
