"""Config's tabs as they look: deploy.yaml, one that is not there yet, read-only, a choice, a field's help."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Select

from holodeck_tui.ui.screens.help import HelpScreen
from holodeck_tui.ui.widgets.form import Entry
from tests.ui.conftest import wait_for
from tests.ui.editor.test_editor_screen import TEXT
from tests.ui.snapshots.conftest import Picture, Stage
from tests.ui.snapshots.test_config_snapshots import FEW, SIZES, config, form, go_to
from tests.ui.snapshots.values import LONG

pytestmark = pytest.mark.ui
OVERLAY = """\
target: gcp
allow_plain: [WEBHOOK_TOKEN]
image: {keep: 3}
health: {timeout: 120}
gcp: {public: true}
environments:
  staging: {}
"""


@pytest.fixture
def agent(agent: Path) -> Path:
    """An agent for Google Cloud, and what is laid over it."""
    agent.write_text(TEXT)
    (agent.parent / "deploy.yaml").write_text(OVERLAY)
    (agent.parent / "prompt.md").write_text("Be kind.\n")
    return agent


@SIZES
def test_deploy_yaml(size: tuple[int, int], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await form(stage)
        await stage.press("f3")
        await stage.until("Allow plain", "WEBHOOK_TOKEN")

    assert picture(before, size=size)


@SIZES
def test_no_deploy_yaml_yet(size: tuple[int, int], agent: Path, picture: Picture) -> None:
    (agent.parent / "deploy.yaml").unlink()

    async def before(stage: Stage) -> None:
        await form(stage)
        await stage.press("f3")
        await stage.until("Allow plain")

    assert picture(before, size=size)


def test_nothing_is_configured_yet(agent: Path, picture: Picture) -> None:
    (agent.parent / "deploy.yaml").unlink()
    agent.write_text(TEXT.partition("deployment:")[0])

    async def before(stage: Stage) -> None:
        await form(stage)

    assert picture(before, size=(120, 40))


def test_more_environments_than_fit(agent: Path, picture: Picture) -> None:
    names = [f"environment-{number}" for number in range(12)]
    (agent.parent / "deploy.yaml").write_text(
        "environments:\n" + "".join(f"  {one}: {{}}\n" for one in names)
    )

    async def before(stage: Stage) -> None:
        screen = await form(stage)
        # At once, as by a click: which forms are seen on the way there by f3 depends on the time.
        screen.action_show_part(10)
        await stage.until("from agent.yaml", "environment-8")

    assert picture(before)


@pytest.mark.parametrize("look", [{}, {"no_color": True, "ascii": True}], ids=["dark", "no-colour-ascii"])
def test_read_only(look: dict[str, object], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        screen = await config(stage)
        await wait_for(stage.pilot, lambda: screen.query(Entry))

    assert picture(before, read_only=True, **look)


@FEW
def test_a_choice_is_open(look: dict[str, object], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        screen = await form(stage)
        choice = next(
            one.query_one(Select)
            for one in screen.query(Entry)
            if one.field.path == ("deployment", "registry", "tag_strategy")
        )
        choice.focus()
        await wait_for(stage.pilot, lambda: choice.has_focus)
        await stage.press("enter")
        await wait_for(stage.pilot, lambda: choice.expanded)
        await stage.until("git_tag")

    assert picture(before, **look)


@SIZES
def test_what_a_field_means(size: tuple[int, int], picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await form(stage)
        await go_to(stage, "deployment", "target", "gcp", "memory")
        await stage.press("f1")
        await wait_for(stage.pilot, lambda: isinstance(stage.app.screen, HelpScreen))

    assert picture(before, size=size)


def test_a_value_is_wrong_while_it_is_typed(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await form(stage)
        field = await go_to(stage, "deployment", "target", "gcp", "memory")
        field.value = ""
        await stage.press(*"256Mi")
        await stage.until("must be 2Gi to 16Gi")

    assert picture(before)


def test_a_long_name_of_a_folder_that_is_not_there(picture: Picture) -> None:
    async def before(stage: Stage) -> None:
        await config(stage)
        await stage.until("Name the agent file")

    assert picture(before, agent=Path(f"/srv/{LONG}/{LONG}/agent.yaml"))
