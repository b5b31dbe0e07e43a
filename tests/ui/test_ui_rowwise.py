"""Rows that are drawn one by one look as in a table that is made anew."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from textual.app import App, ComposeResult

from holodeck_tui.core.values import ServiceRef, Status
from holodeck_tui.ui.rows import Heading, Row
from holodeck_tui.ui.theme import Glyphs
from holodeck_tui.ui.widgets.deployments import DeploymentTable

pytestmark = pytest.mark.ui
NOW = datetime(2026, 11, 27, tzinfo=timezone.utc)
STATES = ("healthy", "degraded", "failed", "stopped", None)


class Table(App[None]):
    def compose(self) -> ComposeResult:
        yield DeploymentTable(Glyphs())


def row(number: int) -> Row:
    ref = ServiceRef("aws", f"id{number}", f"agent-{number}", "aws:eu-west-1", f"agent-{number}")
    return Row(Status(ref, "healthy", url=f"https://agent-{number}.example.com", created_at=NOW))


def changed(line: Row, chance: random.Random) -> Row:
    status = replace(
        line.status,
        state=chance.choice(STATES),  # type: ignore[arg-type]
        revision=str(chance.randrange(99)),
        created_at=NOW - timedelta(minutes=chance.randrange(300)),
    )
    return Row(status, stale=chance.random() < 0.3, beats=(chance.random() * 300,))


def drawn(table: DeploymentTable) -> list[str]:
    return [str(list(strip)) for strip in table.render_lines(table.size.region)]


@pytest.mark.parametrize("seed", range(4))
async def test_a_table_that_was_changed_row_by_row_looks_as_one_made_anew(seed: int) -> None:
    chance = random.Random(seed)
    lines: list[Row | Heading] = [Heading("aws"), *map(row, range(60))]
    async with Table().run_test(size=(120, 20)) as pilot:
        table = pilot.app.query_one(DeploymentTable)
        table.focus()
        table.show(lines, now=NOW)
        for _ in range(12):
            await pilot.pause()
            for number in chance.sample(range(1, len(lines)), 6):
                line = lines[number]
                assert isinstance(line, Row)
                lines[number] = changed(line, chance)
            if chance.random() < 0.3:
                del lines[chance.randrange(1, len(lines))]
            if chance.random() < 0.3:
                lines[1:] = sorted(lines[1:], key=lambda _: chance.random())
            table.marked ^= {chance.choice(lines[1:]).key}
            table.move_cursor(row=chance.randrange(1, len(lines)), animate=False)
            table.show(lines, now=NOW)
            await pilot.pause()
            step_by_step = drawn(table)
            table._clear_caches()
            assert step_by_step == drawn(table)
