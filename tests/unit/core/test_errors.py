"""What an error says, whole and in one line."""

from __future__ import annotations

from holodeck_tui.core.errors import DeploymentError


def test_an_error_in_one_line_has_one_full_stop_between_what_is_wrong_and_what_to_do() -> None:
    assert DeploymentError("usage", "It is so.", remedy="az login").in_one == "It is so. az login"
    error = DeploymentError("usage", "It is so.", reason="of this", remedy="Do that.")
    assert error.in_one == "It is so: of this. Do that."
    assert DeploymentError("usage", "It is so.").in_one == "It is so."
