"""Names, tags and requests of AWS that need no AWS."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.deployers.aws import apprunner_revisions as revisions
from holodeck_tui.deployers.aws import names, tags
from holodeck_tui.deployers.aws.apprunner_api import Operation, Service, log_group
from holodeck_tui.deployers.aws.apprunner_failure import last_word
from holodeck_tui.deployers.aws.apprunner_status import judge

pytestmark = pytest.mark.unit

ARN = "arn:aws:apprunner:eu-west-1:123456789012:service/holodeck-a/0123456789abcdef0123456789abcdef"
words = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=80)


@given(words, st.none() | words)
def test_every_name_is_one_that_app_runner_takes(agent: str, environment: str | None) -> None:
    name = names.service_name(agent, environment)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9\-_]{3,39}", name)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9\-_]{3,31}", names.scaling_name(name))
    assert name == names.service_name(agent, environment)


@given(st.sets(st.tuples(words, st.none() | words), min_size=2, max_size=2))
def test_two_deployments_never_share_a_name(pair: set[tuple[str, str | None]]) -> None:
    assert len({names.service_name(agent, environment) for agent, environment in pair}) == 2


def test_names_are_readable_where_they_can_be() -> None:
    assert names.service_name("ticket-routing", None) == "holodeck-ticket-routing"
    assert names.service_name("ticket-routing", "prod") == "holodeck-ticket-routing--prod"
    assert names.service_name("a-b", None) != names.service_name("a", "b")


# Four bytes of UTF-8, three characters each.
LONGEST_ESCAPE = 12


@given(words)
def test_what_is_written_on_a_tag_is_read_back(text: str) -> None:
    written = tags.encode(text)
    assert re.fullmatch(r"[A-Za-z0-9 _.:/=+@-]{1,256}", written)
    read = tags.decode(written)
    assert read == text or (text.startswith(read) and len(written) > 256 - LONGEST_ESCAPE)


def test_a_long_text_is_cut_between_its_characters() -> None:
    assert tags.decode(tags.encode("x" * 250 + "é" * 9)) == "x" * 250 + "é"
    assert tags.decode(tags.encode("x" * 251 + "é")) == "x" * 251


@given(words, st.none() | words)
def test_whose_it_is_stands_in_the_tags(agent: str, environment: str | None) -> None:
    labels = tags.identity_tags(agent, environment)
    assert tags.from_list(tags.as_list(labels)) == labels
    assert tags.from_list(tags.as_list(labels, "key", "value")) == labels
    assert tags.belongs(labels, agent, environment)
    assert (
        not tags.belongs(labels, agent + "x", environment) or len(tags.encode(agent)) > 256 - LONGEST_ESCAPE
    )
    assert not tags.belongs({**labels, tags.MANAGED: "somebody"}, agent, environment)


def test_a_log_group_is_named_by_the_arn() -> None:
    expected = "/aws/apprunner/holodeck-a/0123456789abcdef0123456789abcdef/service"
    assert log_group(ARN, "service") == expected


def operation(kind: str, status: str, name: str = "1a2b3c4d-0000") -> Operation:
    return Operation(name, kind, status)


@pytest.mark.parametrize(
    ("status", "kind", "ended", "state"),
    [
        ("RUNNING", "UPDATE_SERVICE", "SUCCEEDED", "healthy"),
        ("RUNNING", "UPDATE_SERVICE", "FAILED", "degraded"),
        ("RUNNING", "UPDATE_SERVICE", "ROLLBACK_SUCCEEDED", "degraded"),
        ("RUNNING", "UPDATE_SERVICE", "ROLLBACK_FAILED", "unhealthy"),
        ("OPERATION_IN_PROGRESS", "UPDATE_SERVICE", "IN_PROGRESS", "deploying"),
        ("OPERATION_IN_PROGRESS", "CREATE_SERVICE", "PENDING", "deploying"),
        ("OPERATION_IN_PROGRESS", "UPDATE_SERVICE", "ROLLBACK_IN_PROGRESS", "degraded"),
        ("OPERATION_IN_PROGRESS", "DELETE_SERVICE", "IN_PROGRESS", "stopped"),
        ("PAUSED", "PAUSE_SERVICE", "SUCCEEDED", "stopped"),
        ("CREATE_FAILED", "CREATE_SERVICE", "FAILED", "failed"),
        ("DELETE_FAILED", "DELETE_SERVICE", "FAILED", "failed"),
        ("DELETED", "DELETE_SERVICE", "SUCCEEDED", "missing"),
        ("SOMETHING_NEW", "UPDATE_SERVICE", "SUCCEEDED", "unknown"),
    ],
)
def test_the_operation_judges_and_not_the_service(status: str, kind: str, ended: str, state: str) -> None:
    service = Service({"Status": status, "ServiceArn": ARN, "ServiceName": "holodeck-a"})
    found, detail = judge(service, [operation(kind, ended)], lambda: "its log says why")
    assert found == state
    assert ("its log says why" in detail) is (state in {"degraded", "unhealthy", "failed"})


def test_the_revision_that_serves_is_the_newest_that_succeeded() -> None:
    history = [
        operation("PAUSE_SERVICE", "SUCCEEDED", "ffff-1"),
        operation("UPDATE_SERVICE", "ROLLBACK_SUCCEEDED", "eeee-1"),
        operation("UPDATE_SERVICE", "SUCCEEDED", "dddd-1"),
        operation("CREATE_SERVICE", "SUCCEEDED", "cccc-1"),
    ]
    assert revisions.current(history) == "dddd"
    assert revisions.current([]) is None


def test_tags_that_are_no_revisions_are_left_out() -> None:
    labels = {
        "holodeck-revision-x": "broken",
        "holodeck-agent": "a",
        "holodeck-revision-y": "sha256:1 - 17 v1",
    }
    (found,) = revisions.read(labels)
    assert (found.name, found.digest, found.content_hash, found.version) == ("y", "sha256:1", "", "v1")


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ([], ""),
        (["all is well"], "all is well"),
        (
            ["pulling", "Health check failed on /health.", "Deployment failed."],
            "Health check failed on /health.",
        ),
        (["Create failed."], "Create failed."),
    ],
)
def test_the_line_that_says_most(lines: list[str], word: str) -> None:
    assert last_word(lines) == word
