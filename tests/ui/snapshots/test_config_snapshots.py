"""Config as it looks: broken, long, inherited, changed by others, missing, and before it is saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from holodeck_tui.ui.screens.choose import ChooseScreen
from holodeck_tui.ui.screens.diff import DiffScreen
from holodeck_tui.ui.screens.editor import EditorScreen
from holodeck_tui.ui.widgets.form import Entry
from holodeck_tui.ui.widgets.yaml_pane import YamlPane
from tests.ui.conftest import screen_text, wait_for
from tests.ui.editor.test_editor_screen import OVERLAY, TEXT
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.values import LONG

pytestmark = pytest.mark.ui
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
FEW = pytest.mark.parametrize(
    "look",
    [{}, {"theme": "holodeck-light"}, {"no_color": True, "ascii": True}],
    ids=["dark", "light", "no-colour-ascii"],
)
WIDE = "日本語の名前を持つ代理人はとても長い名前を持っている"
LONG_TEXT = (
    TEXT.replace("my-project-1   #", f"my-project-1/{LONG}   #")
    .replace("agents/ticket", LONG)
    .replace("OPENAI_API_KEY: ${OPENAI_API_KEY}", f"{LONG.upper()}: {LONG}\n    GREETING: {WIDE * 3}")
)


@pytest.fixture
def agent(agent: Path) -> Path:
    """Has environments that inherit from agent.yaml, and that from a config.yaml."""
    agent.write_text(TEXT)
    (agent.parent / "deploy.yaml").write_text(OVERLAY)
    (agent.parent / "config.yaml").write_text("deployment:\n  registry: {tag_strategy: git_tag}\n")
    (agent.parent / "prompt.md").write_text("Be kind.\n")
    return agent


async def config(stage: Stage) -> EditorScreen:
    """The place, whatever it shows."""
    await stage.press("3")
    await wait_for(stage.pilot, lambda: isinstance(stage.app.screen, EditorScreen))
    assert isinstance(stage.app.screen, EditorScreen)
    return stage.app.screen


async def form(stage: Stage) -> EditorScreen:
    """Config with its form, the first field focused."""
    screen = await config(stage)
    await wait_for(stage.pilot, lambda: screen.query(Entry) and screen.focused is not None)
    return screen


async def go_to(stage: Stage, *path: str) -> Input:
    """Focus a field, which brings it into view."""

    def there() -> Input | None:
        found = (one for one in stage.app.screen.query(Entry) if one.field.path == path)
        return next((one.query_one(Input) for one in found), None)

    field: Input = await wait_for(stage.pilot, there)
    field.focus()
    await wait_for(stage.pilot, lambda: field.has_focus)
    return field


async def change(stage: Stage, port: str) -> None:
    """Another port, taken into the file."""
    screen = await form(stage)
    await go_to(stage, "deployment", "port")
    await stage.press(*port, "enter")
    await wait_for(stage.pilot, lambda: f"port: {port}" in screen.query_one(YamlPane).text)


async def ask_of_disk(stage: Stage) -> None:
    """What to do with a file that was changed on the disk too."""
    await stage.until("changed on the disk", "f5 asks")
    # The notice goes by itself, sooner or later.
    stage.app.clear_notifications()
    await wait_for(stage.pilot, lambda: "f5 asks" not in screen_text(stage.app))
    await stage.press("f5")
    await wait_for(stage.pilot, lambda: isinstance(stage.app.screen, ChooseScreen))


@SIZES
def test_broken_yaml(size: tuple[int, int], agent: Path, picture: Picture) -> None:
    agent.write_text(TEXT + "  [: broken\n")

    async def before(stage: Stage) -> None:
        await config(stage)
        await stage.until("not valid YAML", "The form comes back")

    assert picture(before, size=size)


@FEW
def test_the_line_that_is_no_yaml(look: dict[str, object], agent: Path, picture: Picture) -> None:
    agent.write_text(TEXT.replace("  target:", "  target: [", 1))

    async def before(stage: Stage) -> None:
        screen = await config(stage)
        await stage.until("not valid YAML")
        await stage.press("f8")
        await wait_for(stage.pilot, lambda: screen.focused is screen.query_one(YamlPane))

    assert picture(before, **look)


@SIZES
def test_long_values(size: tuple[int, int], agent: Path, picture: Picture) -> None:
    agent.write_text(LONG_TEXT)

    async def before(stage: Stage) -> None:
        await form(stage)
        await go_to(stage, "deployment", "registry", "repository")

    assert picture(before, size=size)


def test_a_long_line_of_the_yaml(agent: Path, picture: Picture) -> None:
    agent.write_text(LONG_TEXT)

    async def before(stage: Stage) -> None:
        screen = await form(stage)
        pane = screen.query_one(YamlPane)
        await stage.press("f2")
        await wait_for(stage.pilot, lambda: screen.focused is pane)
        pane.move_cursor((8, 0))
        await stage.press("end")

    assert picture(before)


@SIZES
def test_an_environment_says_where_its_values_are_from(size: tuple[int, int], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        screen = await form(stage)
        # At once, as by a click: which form is seen on the way there by f3 depends on the time.
        screen.action_show_part(2)
        await stage.until("9100", "from agent.yaml:", "from config.yaml:")
        await go_to(stage, "deployment", "target", "gcp", "memory")

    assert picture(before, size=size)


@FEW
def test_the_file_was_changed_on_the_disk(look: dict[str, object], agent: Path, picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await change(stage, "8081")
        agent.write_text(TEXT + "# theirs\n")
        await ask_of_disk(stage)
        await stage.until("was changed on the disk")

    assert picture(before, **look)


def test_the_difference_to_the_disk(agent: Path, picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await change(stage, "8081")
        agent.write_text(TEXT.replace("cpu: 4", "cpu: 2"))
        await ask_of_disk(stage)
        await stage.press("down", "down", "enter")
        await wait_for(stage.pilot, lambda: isinstance(stage.app.screen, DiffScreen))
        await stage.until("from the disk", "cpu: 2")

    assert picture(before)


@SIZES
def test_no_agent_file(size: tuple[int, int], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await config(stage)
        await stage.until("does not exist", "path/to/agent.yaml")

    assert picture(before, size=size, agent=Path("/srv/agents/no-such-agent/agent.yaml"))


@pytest.mark.parametrize(
    ("size", "look"),
    [((80, 24), {}), ((120, 40), {}), ((80, 24), {"no_color": True, "ascii": True})],
    ids=["80x24", "120x40", "no-colour-ascii"],
)
def test_what_saving_changes(size: tuple[int, int], look: dict[str, object], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await change(stage, "8081")
        await stage.press("ctrl+s")
        await wait_for(stage.pilot, lambda: isinstance(stage.app.screen, DiffScreen))
        await stage.until("port: 8081")

    assert picture(before, size=size, **look)


def test_what_may_not_be_saved(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        screen = await form(stage)
        field = await go_to(stage, "deployment", "target", "gcp", "memory")
        field.value = ""
        await stage.press(*"256Mi", "enter")
        await wait_for(stage.pilot, lambda: "256Mi" in screen.query_one(YamlPane).text)
        await stage.press("ctrl+s")
        await wait_for(stage.pilot, lambda: isinstance(stage.app.screen, DiffScreen))
        await stage.until("Not written while")

    assert picture(before)
