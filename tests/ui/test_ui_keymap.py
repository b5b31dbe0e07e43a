"""The user's own keys: those that can be are taken, the others are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from holodeck_tui.ui.app import ACTIONS, HolodeckApp
from holodeck_tui.ui.keymap import checked, tables
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.preferences import Preferences, read_preferences
from tests.ui.conftest import Eventually, screen_text

pytestmark = pytest.mark.ui


@pytest.mark.parametrize(
    "keymap",
    [
        {"deployments.sort": "Z"},
        {"deployments.sort": "f12,ctrl+k"},
        {"deployments.sort": "l", "deployments.logs": "s"},
        {"pipeline.deploy": "s"},
        {"logs.search": "?", "app.help": "f12"},
        {"deployments.filter": "/"},
    ],
)
def test_what_can_be_is_taken_as_it_is(keymap: dict[str, str]) -> None:
    assert checked(keymap, tables(ACTIONS)) == (keymap, ())


@pytest.mark.parametrize(
    ("keymap", "kept", "word"),
    [
        ({"deployments.sort": "l"}, {}, "l is the key of deployments.logs"),
        ({"deployments.sort": "1"}, {}, "1 is the key of app.deployments"),
        ({"app.help": "d"}, {}, "d is the key of "),
        ({"deployments.sort": "Z", "deployments.group": "Z"}, {"deployments.sort": "Z"}, "Z is the key of"),
        ({"deployments.sort": "l", "deployments.logs": "crtl+l"}, {}, "crtl+l"),
        ({"deployments.srot": "Z"}, {}, "there is no action deployments.srot"),
        ({"deployments.sort": "F99"}, {}, '"F99" is no key'),
        ({"deployments.sort": ""}, {}, "is no key"),
    ],
)
def test_what_cannot_be_is_left_out_and_told(keymap: dict[str, str], kept: dict[str, str], word: str) -> None:
    found, wrong = checked(keymap, tables(ACTIONS))
    assert found == kept
    assert any(word in one for one in wrong), wrong


def test_no_key_of_ours_clashes_with_another_of_ours() -> None:
    """Where two share a key, one of them is the screen's and meant to go before the app's."""
    every = {action.id: action.keys for table in tables(ACTIONS) for action in table}
    _, wrong = checked(every, tables(ACTIONS))
    assert [one for one in wrong if "ctrl+z" not in one] == []


async def test_a_clash_is_told_when_the_app_starts_and_no_key_is_lost(
    launch: Launch, eventually: Eventually, tmp_path: Path
) -> None:
    config = tmp_path / "ui.yaml"
    config.write_text("keymap: {deployments.sort: v, deployments.group: Z, deployments.reverse: Z}\n")
    preferences = read_preferences(config)
    assert preferences != Preferences()
    app = HolodeckApp(launch, preferences=preferences)
    async with app.run_test(size=(160, 30), notifications=True) as pilot:
        await eventually(pilot, lambda: "deployments.reverse" in screen_text(app))
        await pilot.press("v")
        await eventually(pilot, lambda: " state (s)" in screen_text(app))
        await pilot.press("S")
        await eventually(pilot, lambda: "-state (s)" in screen_text(app))
