"""What can go wrong while files are edited: told once, nothing lost, nothing shown that is another file's."""

from __future__ import annotations

import pytest
from textual.widgets import Input, Select, Static

from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.editor import EditorScreen
from holodeck_tui.ui.screens.help import HelpScreen
from holodeck_tui.ui.widgets.form import Entry, Form
from holodeck_tui.ui.widgets.yaml_pane import YamlPane
from tests.ui.agents import AgentFolder
from tests.ui.conftest import screen_text
from tests.ui.editor.test_editor_screen import OVERLAY, TEXT, entry, opened, told, type_into, until

pytestmark = pytest.mark.ui


async def test_a_change_on_the_disk_takes_no_key_from_who_types_and_is_asked_about_when_saving(
    agent: AgentFolder,
) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        pane = screen.query_one(YamlPane)
        await pilot.press("f2")
        pane.move_cursor((1, len("name: ticket-routing")))
        await pilot.press("x")
        agent.agent.write_text(TEXT + "# theirs\n")
        typed = 0
        while "changed on the disk" not in told(screen, "#editor-title"):
            await pilot.press("y")
            typed += 1
            assert typed < 500
        await pilot.press(*"y1q")
        assert app.screen is screen
        assert f"name: ticket-routingx{'y' * typed}y1q\n" in pane.text
        [notice] = app._notifications
        assert notice.message == "agent.yaml was changed on the disk, and here. f5 asks what to do."
        assert "f5 changed on disk" in screen_text(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert agent.agent.read_text() == TEXT + "# theirs\n"
        assert f"x{'y' * typed}y1q\n" in screen.file.text
        agent.agent.write_text(TEXT)
        await until(pilot, lambda: "changed on the disk" not in told(screen, "#editor-title"))
        assert "f5" not in screen_text(app)
        assert screen.file.changed


async def test_what_stands_in_a_field_outlives_a_change_on_the_disk(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        port = entry(screen, "deployment", "port")
        await type_into(pilot, port, "80")
        agent.agent.write_text(TEXT + "  port: 9999\n")
        await until(pilot, lambda: "changed on the disk" in told(screen, "#editor-title"))
        await pilot.press("8", "1", "enter")
        await until(pilot, lambda: "port: 8081" in screen.file.text)
        assert port.typed == "8081"


async def test_a_change_while_the_difference_is_read_is_not_written_over(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await type_into(pilot, entry(screen, "deployment", "port"), "8081")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        agent.agent.write_text(TEXT + "# theirs\n")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        assert any(one.message.endswith("changed on disk since it was read.") for one in app._notifications)
        assert agent.agent.read_text() == TEXT + "# theirs\n"


async def test_environments_have_tabs_also_where_the_agent_is_no_yaml(agent: AgentFolder) -> None:
    agent.agent.write_text(TEXT + "  [: broken\n")
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "not valid" in screen_text(app))
        screen = app.screen
        assert isinstance(screen, EditorScreen)
        assert "staging  prod" in told(screen, "#editor-title")
        screen.action_show_part(2)
        await until(pilot, lambda: app.screen.query(Entry))
        await until(pilot, lambda: entry(screen, "deployment", "port").typed == "9100")
        shown = " ".join(screen_text(app).split())
        assert "agent.yaml cannot be read (line 16): what it says is not shown here." in shown
        agent.agent.write_text(TEXT)
        await until(pilot, lambda: "cannot be read" not in screen_text(app))


async def test_tabs_of_environments_stay_while_their_file_is_no_yaml(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        agent.overlay.write_text(OVERLAY + "  broken: [\n")
        await pilot.press("f3")
        await until(pilot, lambda: "this [ is not closed" in told(screen, "#editor-told"))
        assert "staging  prod" in told(screen, "#editor-title")


async def test_environments_that_are_not_known_come_with_valid_yaml(agent: AgentFolder) -> None:
    agent.overlay.write_text(OVERLAY + "  broken: [\n")
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("f3")
        await until(pilot, lambda: "and the tabs of environments, come back" in screen_text(app))
        agent.overlay.write_text(OVERLAY)
        await until(pilot, lambda: "staging  prod" in told(screen, "#editor-title"))


async def test_a_deploy_yaml_that_is_not_there_says_so_and_what_saving_does(agent: AgentFolder) -> None:
    agent.overlay.unlink()
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        assert "There is no deploy.yaml" not in screen_text(app)
        await pilot.press("f3")
        await until(pilot, lambda: "There is no deploy.yaml yet" in screen_text(app))
        assert "saved (^s) makes it, beside agent.yaml" in " ".join(screen_text(app).split())
        await until(pilot, lambda: entry(screen, "health", "timeout"))
        await type_into(pilot, entry(screen, "health", "timeout"), "60")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Make deploy.yaml, a new file?" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: agent.overlay.exists() and app.screen is screen)
        assert "timeout: 60" in agent.overlay.read_text()
        await until(pilot, lambda: "There is no deploy.yaml" not in screen_text(app))


async def test_the_footer_says_how_places_are_reached_from_where_keys_are_text(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        entry(screen, "deployment", "port").query("Input").first().focus()
        await until(pilot, lambda: "esc for 1-4" in screen_text(app))
        await pilot.press("f2")
        await until(pilot, lambda: screen.focused is screen.query_one(YamlPane))
        await until(pilot, lambda: "esc for 1-4" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "esc for 1-4" not in screen_text(app))
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "deployments")


LONG = "which has its value already: align the two, or put a text of several lines in quotes"


async def test_a_long_problem_is_read_whole_where_there_is_room(agent: AgentFolder) -> None:
    agent.agent.write_text(TEXT.replace("model: {", "   model: {"))
    app = agent.app()
    async with app.run_test(size=(40, 24)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "not valid YAML" in screen_text(app))
        assert LONG in " ".join(screen_text(app).split())
        assert "f1 more" not in screen_text(app)


async def test_what_has_no_room_of_a_problem_is_read_by_a_key(agent: AgentFolder) -> None:
    agent.agent.write_text(TEXT.replace("model: {", "   model: {"))
    app = agent.app()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "(f1 more)" in screen_text(app))
        assert LONG not in " ".join(screen_text(app).split())
        await pilot.resize_terminal(160, 24)
        await until(pilot, lambda: LONG in " ".join(screen_text(app).split()))
        assert "(f1 more)" not in screen_text(app)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until(pilot, lambda: "line 3" in screen_text(app))
        assert "not valid YAML: this line is indented deeper than line 2" in screen_text(app)


async def test_a_field_at_the_edge_stays_in_sight_when_more_is_told_below(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(50, 24)) as pilot:
        screen = await opened(pilot)
        port = entry(screen, "deployment", "port").query_one(Input)
        port.focus()
        await until(pilot, lambda: "port in the container" in " ".join(screen_text(app).split()))

        def in_sight() -> bool:
            form, focused = screen.query_one(Form).region, app.focused
            return focused is not None and form.y <= focused.region.y < form.bottom

        for _ in range(20):
            await pilot.press("down")
            await until(pilot, in_sight)


async def test_an_agent_that_comes_later_is_edited(agent: AgentFolder) -> None:
    agent.agent.unlink()
    below = agent.folder / "openai"
    below.mkdir()
    (below / "agent.yaml").write_text(TEXT)
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "openai/agent.yaml" in "".join(screen_text(app).split()))
        assert "there is no such file. Name the agent file" in " ".join(screen_text(app).split())
        await pilot.press("1")
        agent.agent.write_text(TEXT)
        await pilot.press("3")
        await until(pilot, lambda: "Health check path" in screen_text(app))
        assert "no such file" not in screen_text(app)


async def test_a_file_that_became_what_is_edited_is_no_question(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await type_into(pilot, entry(screen, "deployment", "port"), "8081")
        await pilot.press("enter")
        await until(pilot, lambda: "port: 8081" in screen.file.text)
        assert "modified" in told(screen, "#editor-title")
        agent.agent.write_text(screen.file.text)
        await until(pilot, lambda: "modified" not in told(screen, "#editor-title"))
        assert app.screen is screen


async def test_the_form_of_another_tab_does_not_stay_where_the_yaml_is_broken(agent: AgentFolder) -> None:
    agent.agent.write_text(TEXT + "  [: broken\n")
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3", "f3")
        await until(pilot, lambda: app.screen.query(Entry))
        await pilot.press("f3", "f3", "f3")
        await until(pilot, lambda: "comes back when the YAML is valid" in screen_text(app))
        assert not app.screen.query(Entry)


async def test_an_environment_that_is_taken_out_leaves_its_file_in_the_pane(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        await pilot.press("f3", "f3")
        pane = screen.query_one(YamlPane)
        await until(pilot, lambda: pane.text == OVERLAY and entry(screen, "deployment", "port"))
        pane.focus()
        await until(pilot, lambda: screen.focused is pane)
        pane.load_text("environments:\n  prod: {}\n")
        await pilot.press("f2")
        await until(pilot, lambda: "staging" not in told(screen, "#editor-title"))
        assert screen.file.path == agent.overlay
        assert pane.text == screen.file.text


async def test_what_is_wrong_with_a_field_is_told_in_full_where_its_row_is_too_short(
    agent: AgentFolder,
) -> None:
    agent.agent.write_text(TEXT.replace("memory: 2Gi", "memory: 256Mi"))
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        entry(screen, "deployment", "target", "gcp", "memory").query("Input").first().focus()
        await until(pilot, lambda: "must be 2Gi to 16Gi with cpu 4" in told(screen, "#editor-told"))
        assert screen.query_one("#editor-told").has_class("-wrong")


async def test_the_arrows_go_past_a_choice_and_enter_opens_it(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        first, second = list(screen.query(Entry))[:2]
        assert first.has_focus_within
        await pilot.press("down")
        assert second.has_focus_within
        assert not first.query_one(Select).expanded
        await pilot.press("up", "enter")
        assert first.query_one(Select).expanded


async def test_the_pane_shows_no_value_of_a_secret_also_while_it_is_typed(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        pane = screen.query_one(YamlPane)
        await until(pilot, lambda: "WEBHOOK_TOKEN: •" in screen_text(app))
        assert "plain-and-secret" not in screen_text(app)
        assert "${OPENAI_API_KEY}" in screen_text(app)
        pane.focus()
        pane.move_cursor((14, len("    WEBHOOK_TOKEN: plain-and-secret")))
        await pilot.press("x", "y", "z")
        assert "secretxyz" in pane.text
        assert "xyz" not in screen_text(app)
        assert screen.unsaved()[0] == ("agent.yaml",)
        await pilot.press("ctrl+z")
        assert pane.text == TEXT


async def test_help_explains_the_field_that_is_focused_and_no_secret(agent: AgentFolder) -> None:
    (agent.folder / "config.yaml").write_text("deployment:\n  port: 9000\n")
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)

        async def said_of(*path: str) -> str:
            entry(screen, *path).query("Input, Select").first().focus()
            await pilot.press("f1")
            await until(pilot, lambda: isinstance(app.screen, HelpScreen))
            shown = screen_text(app)
            assert app.screen.query_one("#help-about", Static)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is screen)
            return " ".join(shown.split())

        port = await said_of("deployment", "port")
        assert "port in the container" in port
        assert "9000 (from config.yaml:2)" in port
        assert "default 8080" in port
        assert "a whole number from 1 to 65535" in port
        assert "git_sha, git_tag" in await said_of("deployment", "registry", "tag_strategy")
        timeout = await said_of("deployment", "target", "gcp", "timeout")
        assert "seconds a request may take" in timeout
        assert "300 (not written: the default)" in timeout
        token = await said_of("deployment", "environment", "WEBHOOK_TOKEN")
        assert "***" in token
        assert "plain-and-secret" not in token
        key = await said_of("deployment", "environment", "OPENAI_API_KEY")
        assert "OPENAI_API_KEY: not set" in key


async def test_the_footer_names_a_key_for_help_that_is_not_typed_into_the_field(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await until(pilot, lambda: "? help" in screen_text(app))
        entry(screen, "deployment", "port").query("Input").first().focus()
        await until(pilot, lambda: "f1 help" in screen_text(app))
        assert "? help" not in screen_text(app)


async def test_help_names_no_key_for_what_it_does_elsewhere(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(100, 40)) as pilot:
        await opened(pilot)
        app.action_help()
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until(pilot, lambda: "Take the last change back." in screen_text(app))
        assert "Suspend the app" not in screen_text(app)


@pytest.mark.parametrize(
    ("old", "new"),
    [("provider: gcp", "provider: gcpx"), ("  environment:", "  protocol: grpc\n  environment:")],
)
async def test_a_value_that_is_no_choice_stays_in_the_file(agent: AgentFolder, old: str, new: str) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        pane = screen.query_one(YamlPane)
        pane.focus()
        await until(pilot, lambda: screen.focused is pane)
        pane.load_text(TEXT.replace(old, new))
        await pilot.press("f2")
        await until(pilot, lambda: new in screen.file.text)
        await until(pilot, lambda: "problem" in told(screen, "#editor-title"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        assert new in screen.file.text
