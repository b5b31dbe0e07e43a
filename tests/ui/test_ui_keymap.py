"""The user's own keys: those that can be are taken, the others are told."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.actions import offered
from holodeck_tui.ui.app import ACTIONS, HolodeckApp
from holodeck_tui.ui.keymap import checked, tables
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.preferences import Preferences, read_preferences
from holodeck_tui.ui.screens.help import HelpScreen
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
        {"logs.follow": "end"},
        {"deployments.details": "enter,i"},
        {"deployments.sort": "q"},
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
        ({"deployments.sort": "j"}, {}, "j is the key of moving; deployments.sort keeps its own"),
        ({"logs.search": "g"}, {}, "g is the key of moving"),
        ({"pipeline.target": "pagedown"}, {}, "pagedown is the key of moving"),
        ({"app.help": "k"}, {}, "k is the key of moving"),
    ],
)
def test_what_cannot_be_is_left_out_and_told(keymap: dict[str, str], kept: dict[str, str], word: str) -> None:
    found, wrong = checked(keymap, tables(ACTIONS))
    assert found == kept
    assert any(word in one for one in wrong), wrong


def test_no_key_of_ours_clashes_with_another_of_ours() -> None:
    """Where two share a key, one of them is the screen's and meant to go before the app's."""
    every = {action.id: action.keys for table in tables(ACTIONS) for action in table.actions}
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
        await eventually(pilot, lambda: " state (v)" in screen_text(app))
        await pilot.press("S")
        await eventually(pilot, lambda: "-state (v)" in screen_text(app))


async def test_all_keys_of_an_action_give_way_to_the_users(launch: Launch, eventually: Eventually) -> None:
    app = HolodeckApp(launch, preferences=Preferences(keymap={"app.help": "H,f12"}))
    async with app.run_test(size=(160, 30)) as pilot:
        await eventually(pilot, lambda: "H help" in screen_text(app))
        for key in ("question_mark", "f1"):
            await pilot.press(key)
            assert not isinstance(app.screen, HelpScreen)
        for key in ("f12", "H"):
            await pilot.press(key)
            await eventually(pilot, lambda: isinstance(app.screen, HelpScreen))
            assert "H f12" in screen_text(app)
            await pilot.press("escape")


async def test_texts_name_the_keys_that_the_user_gave(launch: Launch, eventually: Eventually) -> None:
    keymap = {"deployments.deploy": "D", "app.setup": "f4", "deployments.hold": "f9", "deployments.sort": "Z"}
    keymap |= {"setup.target": "f6", "setup.deploy": "f7", "app.config": "f3", "setup.remedy": "f5"}
    app = HolodeckApp(launch, preferences=Preferences(keymap=keymap))
    async with app.run_test(size=(160, 30)) as pilot:
        await eventually(pilot, lambda: "D deploys this agent, f4 sets up where" in screen_text(app))
        await eventually(pilot, lambda: " (Z)" in screen_text(app))
        assert "f4 Setup" in screen_text(app)
        await pilot.press("f9")
        await eventually(pilot, lambda: "held (f9 goes on)" in screen_text(app))
        await pilot.press("f4")
        await eventually(pilot, lambda: "f6 chooses a target" in screen_text(app))
        assert "f7 shows the plan" in screen_text(app) or "f3 edits the files" in screen_text(app)


async def test_the_header_names_the_key_only_where_it_is_one(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    gone = DeploymentError("credentials-expired", "The login has expired.")
    async with quiet.run_test(size=(160, 30)) as pilot:
        quiet.fleet.poller.watch(["aws:eu-west-1"])
        quiet.fleet.poller.failed("aws:eu-west-1", gone)
        quiet.fleet._publish()
        await eventually(pilot, lambda: "aws eu-west-1: login needed (R)" in screen_text(quiet))
        await pilot.press("4")
        await eventually(pilot, lambda: "choose a target" in screen_text(quiet))
        assert "aws eu-west-1: login needed" in screen_text(quiet)
        assert "login needed (R)" not in screen_text(quiet)


async def test_what_a_system_cannot_do_is_not_offered(
    quiet: HolodeckApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(signal, "SIGTSTP", raising=False)
    async with quiet.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        ids = {action.id for _, action in offered(quiet.chain())}
        assert "app.help" in ids
        assert "app.suspend_process" not in ids
