"""The dashboard's states, and the questions it asks."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from textual.widgets import OptionList

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.events import Result
from holodeck_tui.core.values import ServiceRef, State, Status
from holodeck_tui.state.scopes import state_home
from holodeck_tui.terminal import see_out
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.launch import Launch
from holodeck_tui.ui.preferences import Preferences, read_preferences
from holodeck_tui.ui.remembered import read_view
from holodeck_tui.ui.rows import COLUMNS, GROUPS, HIDDEN, fit, short_image, short_revision
from holodeck_tui.ui.screens import dashboard, details
from holodeck_tui.ui.screens.dashboard import DashboardScreen
from holodeck_tui.ui.screens.quit import QuitScreen
from holodeck_tui.ui.theme import STATES, Glyphs
from holodeck_tui.ui.widgets.deployments import DeploymentTable
from holodeck_tui.ui.widgets.scope_troubles import ScopeTroubles
from tests.ui.conftest import Eventually, screen_text

pytestmark = pytest.mark.ui
SCOPE = "aws:eu-west-1"


def status(name: str, state: State | None = "healthy", age: int = 1) -> Status:
    now = datetime.now(timezone.utc)
    ref = ServiceRef("aws", f"arn:{name}", name, SCOPE, name)
    return Status(ref, state, "", f"https://{name}.example.com", None, "3", now - timedelta(hours=age), now)


def tell(app: HolodeckApp, *statuses: Status) -> None:
    app.fleet.poller.watch([SCOPE])
    app.fleet.poller.due()
    app.fleet.poller.answered(SCOPE, statuses)
    app.fleet._publish()


def table(app: HolodeckApp) -> DeploymentTable:
    return app.screen.query_one(DeploymentTable)


async def test_rows_keep_their_place_and_the_cursor_its_deployment(quiet: HolodeckApp) -> None:
    async with quiet.run_test(size=(120, 30)) as pilot:
        tell(quiet, *(status(f"agent-{number:03}") for number in range(500)))
        await pilot.pause(1)
        table(quiet).go_to(f"{SCOPE}|arn:agent-250|agent-250")
        await pilot.pause(1)
        top = table(quiet).scroll_y
        others = [status(f"agent-{number:03}") for number in range(500) if number % 7 and number != 250]
        tell(quiet, *others, status("agent-250", "failed"), status("aaa"))
        await pilot.pause(1)
        row = table(quiet).under_cursor
        assert row is not None
        assert (row.status.ref.name, row.status.state) == ("agent-250", "failed")
        assert table(quiet).row_count == len({*(one.ref.name for one in others), "agent-250", "aaa"})
        assert abs(table(quiet).scroll_y - top) <= 80
        names = [row.status.ref.name for row in table(quiet).all_rows]
        shown = [table(quiet).get_row_at(number)[1].plain.strip() for number in range(0, 400, 50)]
        assert shown == [names[number] for number in range(0, 400, 50)]


async def test_an_expired_login_is_a_state_of_its_scope(quiet: HolodeckApp) -> None:
    async with quiet.run_test(size=(120, 30)) as pilot:
        tell(quiet, status("one"))
        quiet.fleet.poller.failed(
            SCOPE, DeploymentError("credentials-expired", "The login has expired.", remedy="aws sso login")
        )
        quiet.fleet._publish()
        await pilot.pause(0.2)
        text = screen_text(quiet)
        assert "login needed (R)" in text
        assert "aws sso login" in text
        assert "healthy ?" in text
        assert quiet.is_running


async def test_filter_sort_group_and_marks(quiet: HolodeckApp) -> None:
    async with quiet.run_test(size=(120, 30)) as pilot:
        tell(quiet, status("beta", "failed"), status("alpha"), status("gamma", "stopped"))
        await pilot.pause(0.2)
        names = lambda: [row.status.ref.name for row in table(quiet).all_rows]  # noqa: E731
        assert names() == ["alpha", "beta", "gamma"]
        await pilot.press("s")
        assert names() == ["beta", "gamma", "alpha"]
        await pilot.press("slash", *"failed", "enter")
        assert names() == ["beta"]
        await pilot.press("escape")
        assert len(names()) == 3
        await pilot.press("space", "space")
        await pilot.pause(0.1)
        assert len(table(quiet).marked) == 2
        await pilot.press("x")
        await pilot.pause(0.2)
        assert screen_text(quiet).count("Destroy ") >= 3


async def test_quitting_during_a_run_asks_and_enter_stays(quiet: HolodeckApp, eventually: Eventually) -> None:
    def work(ctx: Context) -> Result:
        ctx.cancel.sleep(60)
        raise AssertionError

    async with quiet.run_test(size=(120, 30)) as pilot:
        tell(quiet, status("one"))
        run = quiet.keeper.start("deploy one", work)
        await pilot.press("ctrl+q")
        await eventually(pilot, lambda: isinstance(quiet.screen, QuitScreen))
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(quiet.screen, DashboardScreen))
        assert run.running
        await pilot.press("ctrl+q")
        await eventually(pilot, lambda: isinstance(quiet.screen, QuitScreen))
        await pilot.click("#leave")
        await asyncio.sleep(0.3)
        assert quiet.left_running is run
        assert run.running
    run.cancel.cancel()
    assert run.done.wait(60)


async def test_how_a_run_ended_while_leaving_was_asked_is_told_on_the_way_out(
    quiet: HolodeckApp, eventually: Eventually, capsys: pytest.CaptureFixture[str]
) -> None:
    let_go = threading.Event()

    def work(_ctx: Context) -> Result:
        let_go.wait(30)
        raise DeploymentError("build-failed", "The image could not be built.")

    async with quiet.run_test(size=(120, 30)) as pilot:
        run = quiet.keeper.start("deploy one", work)
        await pilot.press("ctrl+q")
        await eventually(pilot, lambda: isinstance(quiet.screen, QuitScreen))
        let_go.set()
        assert run.done.wait(10)
        await pilot.click("#leave")
        await asyncio.sleep(0.3)
    assert quiet.left_running is run
    assert see_out(run, {"NO_COLOR": "1"}) == 3
    told = capsys.readouterr().err
    assert "The image could not be built." in told
    assert "goes on here" not in told


async def test_read_only_takes_every_change_away(launch: Launch) -> None:
    from dataclasses import replace

    app = HolodeckApp(replace(launch, read_only=True), preferences=Preferences())
    app.fleet.open = lambda: None  # type: ignore[method-assign]
    async with app.run_test(size=(120, 30)) as pilot:
        tell(app, status("one"))
        await pilot.pause(0.2)
        await pilot.press("x", "d", "b", "p")
        await pilot.pause(0.3)
        assert isinstance(app.screen, DashboardScreen)
        assert "destroy" not in screen_text(app)


async def test_a_key_of_the_users_own_and_a_theme(launch: Launch) -> None:
    preferences = Preferences(theme="holodeck-light", keymap={"deployments.sort": "Z"})
    app = HolodeckApp(launch, preferences=preferences)
    app.fleet.open = lambda: None  # type: ignore[method-assign]
    async with app.run_test(size=(120, 30)) as pilot:
        tell(app, status("b", "failed"), status("a"))
        await pilot.pause(0.2)
        await pilot.press("s")
        assert table(app).all_rows[0].status.ref.name == "a"
        await pilot.press("Z")
        assert table(app).all_rows[0].status.ref.name == "b"
        assert app.theme == "holodeck-light"


def test_preferences_tell_what_is_wrong(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "ui.yaml"
    assert read_preferences(path) == Preferences()
    path.write_text("theme: x\nkeys: {}\nkeymap: {deployments.logs: L}\n")
    found = read_preferences(path)
    assert found.keymap == {"deployments.logs": "L"}
    assert "keys is not one of" in found.wrong[0]
    path.write_text("a: [")
    assert "cannot be read as YAML" in read_preferences(path).wrong[0]
    path.unlink()
    path.mkdir()
    assert "ui.yaml cannot be read: it is no regular file" in read_preferences(path).wrong[0]


def test_columns_fit_and_the_most_needed_stay() -> None:
    everything = [column.id for column in COLUMNS]
    for width in range(40, 240, 7):
        fitted = fit(width, everything)
        assert sum(size + 2 for _, size in fitted) <= width
        assert fitted[0][0].id == "agent"
    assert {column.id for column, _ in fit(75, everything)} >= {"agent", "target", "state", "age"}


def test_names_are_shortened_to_what_tells() -> None:
    assert short_revision("ticket-routing-00007-abc", "-") == "7"
    assert short_revision("r12", "-") == "r12"
    assert short_revision("customer-support--r1", "-") == "r1"
    assert short_revision("customer-support--0000012", "-") == "12"
    assert short_revision("", "-") == "-"
    assert short_image("host/repo:a1b2c3d", "-") == "a1b2c3d"
    assert short_image("host/repo@sha256:0123456789abcdef", "-") == "0123456"


def test_every_state_is_a_glyph_and_a_word_also_in_ascii() -> None:
    shown = [Glyphs(False).state(state) for state in STATES]
    assert all(text.isascii() and text.split()[1] in STATES for text in shown)
    assert Glyphs(True).bars((1.0, None, 60.0), 5).strip()[1] == "·"


async def test_the_next_start_looks_as_this_one_did(launch: Launch, eventually: Eventually) -> None:
    def fresh() -> HolodeckApp:
        app = HolodeckApp(launch, preferences=Preferences())
        app.fleet.open = lambda: None  # type: ignore[method-assign]
        return app

    before = fresh()
    async with before.run_test(size=(160, 30)) as pilot:
        tell(before, status("beta", "failed"), status("alpha"))
        await pilot.press("s", "v", "S", "C")
        await eventually(pilot, lambda: before.screen.query("SelectionList"))
        await pilot.press("down", "space", "escape")  # without env
        await eventually(pilot, lambda: " env" not in screen_text(before))
        before.theme = "textual-light"
        await eventually(pilot, lambda: read_view(state_home()).theme == "textual-light")
    after = fresh()
    assert after.theme == "textual-light"
    async with after.run_test(size=(160, 30)) as pilot:
        tell(after, status("beta", "failed"), status("alpha"))
        await eventually(pilot, lambda: "-state (s) · by target (v)" in screen_text(after))
        assert " url" in screen_text(after)
        assert " env" not in screen_text(after)


def test_all_that_is_not_hidden_fits_into_120_columns() -> None:
    shown = {column.id for column in COLUMNS} - HIDDEN
    assert {column.id for column, _ in fit(120 - 4, shown)} == shown


async def test_groups_have_headings_and_the_cursor_is_never_on_one(quiet: HolodeckApp) -> None:
    async with quiet.run_test(size=(120, 30)) as pilot:
        tell(quiet, status("beta", "failed"), status("alpha"), status("gamma", "failed"))
        await pilot.pause(0.2)

        def under() -> str:
            row = table(quiet).under_cursor
            return row.status.ref.name if row else "a heading"

        for _ in range(GROUPS.index("state")):
            await pilot.press("v")
        titles = [table(quiet).get_row_at(line)[1].plain.strip() for line in range(table(quiet).row_count)]
        assert titles == ["failed (2)", "beta", "gamma", "healthy (1)", "alpha"]
        assert under() == "alpha"
        seen = []
        for key in ("up", "up", "up", "up", "down", "k", "j", "j", "j", "home", "end", "g", "space", "space"):
            await pilot.press(key)
            seen.append(under())
        assert seen[:9] == ["gamma", "beta", "beta", "beta", "gamma", "beta", "gamma", "alpha", "alpha"]
        assert "a heading" not in seen
        assert len(table(quiet).marked) == 2
        await pilot.press("R")
        tell(quiet, status("gamma"))
        await pilot.pause(0.2)
        assert under() == "gamma"


@pytest.mark.parametrize("own", [True, False])
async def test_deploy_is_of_the_agent_of_this_folder_whatever_the_cursor_is_on(
    quiet: HolodeckApp, eventually: Eventually, own: bool
) -> None:
    name = quiet.backend.settings(rehearsal=True).agent_name
    other = name if own else "somebody-elses"
    ref = ServiceRef("local", f"process:holodeck-{other}", f"holodeck-{other}", "local", other)
    async with quiet.run_test(size=(120, 30)) as pilot:
        quiet.fleet.poller.watch(["local"])
        quiet.fleet.poller.answered("local", [Status(ref, "healthy")])
        quiet.fleet._publish()
        await eventually(pilot, lambda: other in screen_text(quiet))
        await pilot.press("d")
        await eventually(pilot, lambda: f"Deploy {name} to this machine?" in screen_text(quiet))
        assert ("somebody-elses (this machine) was not deployed from here" in screen_text(quiet)) is not own


@pytest.mark.parametrize(("service", "pausable"), [("apprunner", True), ("ecs", False)])
async def test_only_what_can_be_paused_is_offered_to_be(
    quiet: HolodeckApp, eventually: Eventually, service: str, pausable: bool
) -> None:
    ref = ServiceRef("aws", f"arn:aws:{service}:eu-west-1:123456789012:service/one", "one", SCOPE, "one")
    async with quiet.run_test(size=(160, 30), notifications=True) as pilot:
        tell(quiet, Status(ref, "healthy"))
        footer = lambda: screen_text(quiet).splitlines()[-1]  # noqa: E731
        await eventually(pilot, lambda: "roll back" in footer() and ("p pause" in footer()) is pausable)
        await pilot.press("p")
        await pilot.pause(0.2)
        assert quiet.screen.is_modal is pausable


async def test_open_details_go_on_with_what_is_heard_and_with_time(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(details, "_AGE", 0.2)
    async with quiet.run_test(size=(80, 24)) as pilot:
        tell(quiet, replace(status("one"), created_at=datetime.now(timezone.utc) - timedelta(seconds=50)))
        await eventually(pilot, lambda: table(quiet).under_cursor)
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(quiet.screen, details.DetailScreen))
        await pilot.press("down", "down")
        lines = quiet.screen.query_one(OptionList)
        assert "● healthy" in screen_text(quiet)
        await eventually(pilot, lambda: "(1 min ago)" in screen_text(quiet), 20)
        tell(quiet, status("one", "failed"))
        await eventually(pilot, lambda: "✖ failed" in screen_text(quiet), 5)
        assert lines.highlighted == 2
        tell(quiet)
        await eventually(pilot, lambda: "one: not listed any more" in screen_text(quiet), 5)
        assert "✖ failed (as last heard)" in screen_text(quiet)


async def test_ages_go_on_where_nobody_is_asked(
    quiet: HolodeckApp, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "STEP", 0.2)
    async with quiet.run_test(size=(120, 30)) as pilot:
        await pilot.press("f")
        tell(quiet, replace(status("one"), created_at=datetime.now(timezone.utc) - timedelta(seconds=55)))
        await eventually(pilot, lambda: "1 min ago" in screen_text(quiet), 20)
        await eventually(
            pilot, lambda: "1 min" in [one.plain.strip() for one in table(quiet).get_row_at(0)], 20
        )


async def test_scopes_that_fail_beside_rows_are_all_reached_by_keys(
    quiet: HolodeckApp, eventually: Eventually
) -> None:
    async with quiet.run_test(size=(80, 24)) as pilot:
        tell(quiet, status("one"))
        await eventually(pilot, lambda: table(quiet).under_cursor)
        await pilot.press("tab")
        assert quiet.focused is table(quiet)
        scopes = [f"aws:eu-west-{number}" for number in range(9)]
        quiet.fleet.poller.watch([SCOPE, *scopes])
        quiet.fleet.poller.due()
        for scope in scopes:
            quiet.fleet.poller.failed(scope, DeploymentError("network", f"No answer in {scope}.", remedy="x"))
        quiet.fleet._publish()
        await eventually(pilot, lambda: f"No answer in {scopes[0]}" in screen_text(quiet))
        assert f"No answer in {scopes[-1]}" not in screen_text(quiet)
        troubles = quiet.screen.query_one(ScopeTroubles)
        await eventually(pilot, lambda: "tab and the arrows read on" in screen_text(quiet))
        await pilot.press("tab", "G")
        await eventually(pilot, lambda: f"No answer in {scopes[-1]}" in screen_text(quiet))
        await pilot.press("escape")
        assert quiet.focused is table(quiet)
        await pilot.press("tab")
        assert quiet.focused is troubles
        # What has room again takes no focus.
        quiet.fleet.poller.watch([SCOPE, scopes[0]])
        quiet.fleet._publish()
        await eventually(pilot, lambda: quiet.focused is table(quiet))


def test_the_environment_has_its_share_of_a_wide_screen() -> None:
    shown = {column.id for column in COLUMNS} - HIDDEN
    assert {column.id: width for column, width in fit(200 - 4, shown)}["env"] >= 14
