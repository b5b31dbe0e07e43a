"""What README.md says of the code is what the code says."""

from __future__ import annotations

import re

import pytest

from holodeck_tui.core.errors import ExitCode
from holodeck_tui.headless.grammar import SPECS, USAGE
from tests.readme import README, blocks, with_parts

pytestmark = pytest.mark.unit
TEXT = README.read_text(encoding="utf-8")


def test_the_table_of_error_codes_is_current() -> None:
    assert with_parts(TEXT) == TEXT, "run: python -m tests.readme"


def test_the_forms_of_a_call_are_those_of_help() -> None:
    assert all(line in TEXT for line in USAGE)


def test_every_command_has_a_row() -> None:
    rows = "\n".join(line for line in TEXT.splitlines() if line.startswith("| `"))
    assert all(re.search(rf"`{spec.name}[ `]", rows) for spec in SPECS)


def test_every_exit_code_has_a_row() -> None:
    assert all(f"\n| {int(code)} | " in TEXT for code in ExitCode)


def test_every_block_of_commands_is_run_by_a_test_or_marked_as_a_shells() -> None:
    for block in blocks(TEXT):
        assert block.language in {"console", "sh", "yaml"} or not block.commands, f"line {block.line}"
        if block.language == "console":
            assert block.commands, f"line {block.line}"


def test_the_deploy_yaml_it_shows_is_valid() -> None:
    from io import StringIO

    from ruamel.yaml import YAML

    from holodeck_tui.models.overlay import Overlay

    (shown,) = [block for block in blocks(TEXT) if block.language == "yaml"]
    Overlay.model_validate(YAML(typ="safe").load(StringIO("\n".join(shown.lines))))
