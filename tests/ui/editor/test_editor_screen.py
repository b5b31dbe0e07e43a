"""The editor on real files: form and YAML are one document, nothing else of it changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select, Static

from holodeck_tui.config.problems import find_problems
from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.editing import Look, look
from holodeck_tui.ui.screens import editor
from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.editor import EditorScreen
from holodeck_tui.ui.widgets.form import Entry
from holodeck_tui.ui.widgets.yaml_pane import YamlPane
from tests.ui.agents import AgentFolder

pytestmark = pytest.mark.ui

TEXT = """\
# my agent
name: ticket-routing
model: {provider: openai, name: gpt-4o}   # the model
instructions: {file: prompt.md}

deployment:
  registry:
    url: us-central1-docker.pkg.dev/my-project-1   # ours
    repository: agents/ticket
  target:
    provider: gcp
    gcp: {project_id: my-project-1, memory: 2Gi, cpu: 4}
  environment:
    OPENAI_API_KEY: ${OPENAI_API_KEY}
    WEBHOOK_TOKEN: plain-and-secret
"""
OVERLAY = "environments:\n  staging:\n    deployment: {port: 9100}\n  prod: {}\n"


@pytest.fixture
def agent(tmp_path: Path, sealed_home: Path) -> AgentFolder:
    made = AgentFolder(tmp_path, sealed_home)
    made.agent.write_text(TEXT)
    made.overlay.write_text(OVERLAY)
    (tmp_path / "config.yaml").write_text("deployment:\n  port: 9000\n")
    return made


async def until(pilot: Pilot[Any], true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await pilot.pause(0.05)
    await pilot.pause()


async def opened(pilot: Pilot[Any]) -> EditorScreen:
    await pilot.press("3")
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query(Entry))
    # The form takes the focus once: not from under what a test focuses next.
    await until(pilot, lambda: app.focused is not None or app.read_only)
    assert isinstance(app.screen, EditorScreen)
    return app.screen


def entry(screen: EditorScreen, *path: str) -> Entry:
    return next(one for one in screen.query(Entry) if one.field.path == path)


def told(screen: EditorScreen, selector: str) -> str:
    return str(screen.query_one(selector, Static).content)


def note(one: Entry) -> str:
    return str(one.query_one(".note", Static).content)


async def type_into(pilot: Pilot[Any], one: Entry, text: str) -> None:
    field = one.query_one(Input)
    field.focus()
    await pilot.pause()
    field.value = ""
    await pilot.press(*text)


async def save(pilot: Pilot[Any], app: HolodeckApp) -> None:
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(app.screen, DiffScreen))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, EditorScreen))


async def ask_of_disk(pilot: Pilot[Any], screen: EditorScreen) -> None:
    """Wait until a change on the disk is told of, and ask what to do."""
    await until(pilot, lambda: "changed on the disk" in told(screen, "#editor-title"))
    await pilot.press("f5")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))


async def test_only_the_chosen_clouds_block_is_a_form_and_values_say_where_they_are_from(
    agent: AgentFolder,
) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        paths = {one.field.path for one in screen.query(Entry)}
        assert ("deployment", "target", "gcp", "memory") in paths
        assert not any("aws" in path or "azure" in path for path in paths)
        port = entry(screen, "deployment", "port")
        assert (port.typed, port.query_one(Input).placeholder) == ("", "9000")
        assert note(port) == "from config.yaml:2"
        assert note(entry(screen, "deployment", "environment", "OPENAI_API_KEY")) == "OPENAI_API_KEY: not set"
        secret = entry(screen, "deployment", "environment", "WEBHOOK_TOKEN").query_one(Input)
        assert secret.password


async def test_a_field_changes_its_own_bytes_and_nothing_else(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        await type_into(pilot, entry(screen, "deployment", "target", "gcp", "memory"), "4Gi")
        await pilot.press("enter")
        await until(pilot, lambda: "memory: 4Gi" in screen.query_one(YamlPane).text)
        assert "modified" in told(screen, "#editor-title")
        assert agent.agent.read_text() == TEXT
        await save(pilot, app)
        assert agent.agent.read_text() == TEXT.replace("memory: 2Gi", "memory: 4Gi")


# Slower than the moment after the last key in which what is typed is looked at: that look is under way then.
@pytest.mark.parametrize("seconds", [0.0, 0.6])
async def test_the_yaml_is_taken_into_the_form_when_its_pane_is_left(
    agent: AgentFolder, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*given: Any) -> Look:
        time.sleep(seconds)
        return look(*given)

    monkeypatch.setattr(editor, "look", slow)
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        pane = screen.query_one(YamlPane)
        pane.focus()
        await until(pilot, lambda: screen.focused is pane)
        column = TEXT.splitlines()[11].index("4}")
        pane.replace("2", (11, column), (11, column + 1))
        changed = pane.text
        assert changed == TEXT.replace("cpu: 4", "cpu: 2")
        assert entry(screen, "deployment", "target", "gcp", "cpu").typed == "4"
        await pilot.press("f2")
        await until(pilot, lambda: entry(screen, "deployment", "target", "gcp", "cpu").typed == "2")


async def test_a_wrong_value_is_told_as_it_is_typed_and_cannot_be_saved(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        memory = entry(screen, "deployment", "target", "gcp", "memory")
        await type_into(pilot, memory, "256Mi")
        await until(pilot, lambda: "must be 2Gi to 16Gi" in note(memory))
        assert screen.file.text == TEXT
        assert 12 in screen.query_one(YamlPane)._marks
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.press("y")
        await pilot.pause()
        assert isinstance(app.screen, DiffScreen)
        await pilot.press("escape")
        assert agent.agent.read_text() == TEXT


async def test_broken_yaml_is_marked_at_its_line_and_heals(agent: AgentFolder) -> None:
    agent.agent.write_text(TEXT + "  [: broken\n")
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        screen = app.screen
        assert isinstance(screen, EditorScreen)
        await until(pilot, lambda: "not valid YAML" in told(screen, "#editor-told"))
        pane = screen.query_one(YamlPane)
        assert pane._marks
        pane.focus()
        await until(pilot, lambda: screen.focused is pane)
        pane.load_text(TEXT)
        await pilot.press("f2")
        await until(pilot, lambda: screen.query(Entry))
        await save(pilot, app)
        assert agent.agent.read_text() == TEXT


async def test_undo_and_redo_go_through_form_and_yaml(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        await type_into(pilot, entry(screen, "deployment", "port"), "8081")
        await pilot.press("enter")
        await until(pilot, lambda: "port: 8081" in screen.query_one(YamlPane).text)
        first = screen.file.text
        await pilot.press("ctrl+z")
        await until(pilot, lambda: screen.query_one(YamlPane).text == TEXT)
        await until(pilot, lambda: entry(screen, "deployment", "port").typed == "")
        await pilot.press("ctrl+y")
        await until(pilot, lambda: screen.query_one(YamlPane).text == first)


async def test_an_environment_is_a_tab_that_writes_deploy_yaml(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        await pilot.press("f3", "f3")
        await until(pilot, lambda: screen.query_one(YamlPane).text == OVERLAY)
        await until(pilot, lambda: entry(screen, "deployment", "port").typed == "9100")
        memory = entry(screen, "deployment", "target", "gcp", "memory")
        assert memory.query_one(Input).placeholder == "2Gi"
        assert note(memory) == "from agent.yaml:12"
        await type_into(pilot, entry(screen, "deployment", "port"), "9200")
        await pilot.press("enter")
        await save(pilot, app)
        assert agent.overlay.read_text() == OVERLAY.replace("9100", "9200")
        assert agent.agent.read_text() == TEXT


async def test_another_cloud_brings_its_block(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        provider = entry(screen, "deployment", "target", "provider").query_one(Select)
        provider.value = "aws"
        await until(pilot, lambda: any("aws" in one.field.path for one in screen.query(Entry)))
        assert not any("gcp" in one.field.path for one in screen.query(Entry))
        assert "problem" in told(screen, "#editor-title")


@pytest.mark.parametrize(("answer", "kept"), [(("enter",), False), (("down", "enter"), True)])
async def test_a_file_changed_on_the_disk_is_reloaded_or_replaced(
    agent: AgentFolder, answer: tuple[str, ...], kept: bool
) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        await type_into(pilot, entry(screen, "deployment", "port"), "8081")
        await pilot.press("enter")
        await until(pilot, lambda: "port: 8081" in screen.file.text)
        mine, theirs = screen.file.text, TEXT + "# theirs\n"
        agent.agent.write_text(theirs)
        await ask_of_disk(pilot, screen)
        await pilot.press(*answer)
        await until(pilot, lambda: app.screen is screen)
        assert screen.file.text == (mine if kept else theirs)
        if kept:
            await save(pilot, app)
            assert agent.agent.read_text() == mine
        else:
            await pilot.press("ctrl+z")
            await until(pilot, lambda: screen.file.text == mine)


async def test_an_unchanged_file_is_followed(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        agent.agent.write_text(TEXT.replace("cpu: 4", "cpu: 2"))
        await until(pilot, lambda: entry(screen, "deployment", "target", "gcp", "cpu").typed == "2")
        assert "modified" not in told(screen, "#editor-title")


async def test_what_is_saved_is_what_validate_accepts(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        entry(screen, "deployment", "registry", "tag_strategy").query_one(Select).value = "git_tag"
        await until(pilot, lambda: "tag_strategy: git_tag" in screen.file.text)
        await save(pilot, app)
        found = find_problems(agent.agent, environ={}, cwd=agent.folder, home=agent.home, missing="warning")
        assert not [one for one in found if one.severity == "error"]


async def test_read_only_edits_nothing(agent: AgentFolder) -> None:
    app = agent.app(read_only=True)
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        assert screen.query_one(YamlPane).read_only
        assert all(one.disabled for one in screen.query(Entry))
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.screen is screen


async def test_a_file_cannot_steer_the_terminal(agent: AgentFolder) -> None:
    agent.agent.write_text(TEXT + "# \x1b]0;owned\x07\x1b[2J \x9b31m \u202eabc\n", encoding="utf-8")
    app = agent.app()
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen))
        await until(pilot, lambda: "not valid YAML" in told(app.screen, "#editor-told"))  # type: ignore[arg-type]
        drawn = "".join(segment.text for strip in app.screen._compositor.render_strips() for segment in strip)
        assert "owned" in drawn
        assert not set("\x1b\x07\x9b\u202e") & set(drawn)


async def test_who_comes_and_goes_by_the_places_keys_types_nothing_into_the_file(agent: AgentFolder) -> None:
    app = agent.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.query(Entry))
        screen = app.screen
        assert isinstance(screen, EditorScreen)
        await until(pilot, lambda: app.focused is not None)
        await pilot.press("4")
        await until(pilot, lambda: app.current_mode == "setup")
        assert screen.unsaved() == ((), [])
        assert screen.query_one(YamlPane).text == TEXT
