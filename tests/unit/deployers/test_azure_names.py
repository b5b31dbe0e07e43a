"""Names that Azure accepts: legal, stable, and never the same for two."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.deployers.azure.names import (
    app_name,
    full_revision,
    is_ours,
    is_own_secret,
    location,
    next_suffix,
    revision_number,
    secret_name,
    tags_of,
)

pytestmark = pytest.mark.unit
LEGAL = re.compile(r"[a-z](?:-?[a-z0-9])*")
NAMES = st.text(min_size=1, max_size=60)
ENVIRONMENTS = st.one_of(st.none(), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", fullmatch=True))
VARIABLES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,40}", fullmatch=True)


@given(NAMES, ENVIRONMENTS)
def test_every_agent_has_a_legal_name(agent: str, environment: str | None) -> None:
    name = app_name(agent, environment)
    assert LEGAL.fullmatch(name), name
    assert 2 <= len(name) <= 32
    assert name == app_name(agent, environment)


@given(NAMES, ENVIRONMENTS, NAMES, ENVIRONMENTS)
def test_two_agents_never_share_a_name(one: str, its: str | None, other: str, others: str | None) -> None:
    assert (app_name(one, its) == app_name(other, others)) is ((one, its) == (other, others))


def test_a_legal_name_is_kept_and_what_could_be_mistaken_is_not() -> None:
    assert app_name("ticket-routing", None) == "ticket-routing"
    assert app_name("legal_assistant", None) != app_name("legal-assistant", None) == "legal-assistant"
    assert app_name("a-b", "c") != app_name("a", "b-c")
    made = app_name("Helper", None)
    assert app_name(made, None) != made
    assert app_name("a--b", None).startswith("a-b-")
    assert app_name("9lives", None).startswith("agent-9lives-")


@given(VARIABLES, VARIABLES)
def test_secrets_have_legal_names_of_their_own(one: str, other: str) -> None:
    name = secret_name(one)
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", name)
    assert is_own_secret(name)
    assert (name == secret_name(other)) is (one == other)


def test_revisions_are_counted_on() -> None:
    assert next_suffix("app", []) == "r1"
    assert next_suffix("app", ["app--r2", "app--r10", "app--abc", "other--r99"]) == "r11"
    assert revision_number("app", "app--r07") is None
    assert full_revision("app", "r3") == full_revision("app", "app--r3") == "app--r3"


def test_tags_and_regions() -> None:
    tags = tags_of({"managed-by": "holodeck", "agent": "x" * 300, "content-hash": "c"})
    assert is_ours(tags)
    assert len(tags["holodeck-agent"]) == 256
    assert tags["holodeck-content-hash"] == "c"
    assert not is_ours({"managed-by": "somebody"})
    assert location("East US") == location("eastus")
