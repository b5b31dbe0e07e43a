from __future__ import annotations

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.state.scopes import ScopeMemory, check_scope

pytestmark = pytest.mark.unit

GOOD = [
    "local",
    "aws:eu-central-1",
    "aws:us-gov-west-1",
    "gcp:my-project/europe-west1",
    "azure:12345678-1234-1234-1234-123456789012/rg_one.(x)",
    "fly:ams",
]


@pytest.mark.parametrize("scope", GOOD)
def test_good_scopes_pass(scope):
    assert check_scope(scope) == scope


@pytest.mark.parametrize(
    "scope", ["", "aws", "aws:", "aws:Frankfurt", "gcp:project", "azure:x/y", "local:x", "x:"]
)
def test_bad_scopes_are_refused_with_the_right_shape(scope):
    with pytest.raises(DeploymentError) as caught:
        check_scope(scope)
    assert caught.value.code == "scope-invalid"
    assert scope.partition(":")[0] in caught.value.remedy or "local" in caught.value.remedy


def test_scopes_are_remembered_once_and_junk_is_left_out(tmp_path):
    memory = ScopeMemory(tmp_path / "home", print)
    assert memory.all() == []
    for scope in ("aws:eu-west-1", "local", "aws:eu-west-1"):
        memory.remember(scope)
    path = tmp_path / "home" / "scopes"
    path.write_bytes(path.read_bytes() + b"\xff\xfe junk\n")
    assert memory.all() == ["aws:eu-west-1", "local"]


def test_a_home_that_cannot_be_written_is_told_only(tmp_path):
    told: list[str] = []
    (tmp_path / "home").write_text("in the way")
    ScopeMemory(tmp_path / "home", told.append).remember("local")
    assert "local could not be remembered" in told[0]
