"""How the deployments are looked at: order, group and columns, which the next start remembers."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.widgets import DataTable

from holodeck_tui.ui.remembered import View
from holodeck_tui.ui.rows import COLUMNS, GROUPS, SORTS
from holodeck_tui.ui.screens.deployment_actions import DeploymentActions
from holodeck_tui.ui.widgets.deployments import DeploymentTable


class ArrangeActions(DeploymentActions):
    """The handlers; the screen draws."""

    def show_again(self) -> None:
        """Draw what the view has changed."""
        raise NotImplementedError

    @property
    def view(self) -> View:
        """As it is now."""
        return self.holodeck.memory.view

    def look_so(self, **changes: Any) -> None:
        """Another order or group, which the next start remembers."""
        self.holodeck.memory.change(self, **changes)
        self.show_again()

    @on(DataTable.HeaderSelected)
    def _header(self, event: DataTable.HeaderSelected) -> None:
        column = event.column_key.value
        if column in SORTS:
            view = self.view
            self.look_so(sort=column, reverse=column == view.sort and not view.reverse)

    def action_sort(self) -> None:
        """By the next column."""
        self.look_so(sort=SORTS[(SORTS.index(self.view.sort) + 1) % len(SORTS)])

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.look_so(reverse=not self.view.reverse)

    def action_group(self) -> None:
        """By the next group."""
        self.look_so(group=GROUPS[(GROUPS.index(self.view.group) + 1) % len(GROUPS)])

    def action_columns(self) -> None:
        """Choose what is shown."""
        from holodeck_tui.ui.screens.choose import SeveralScreen

        table = self.query_one(DeploymentTable)
        lines = [(column.id, column.title, column.id in table.chosen) for column in COLUMNS]

        def done(chosen: list[str] | None) -> None:
            if chosen:
                table.chosen = set(chosen)
                table.refit()
                self.holodeck.memory.change(self, columns=tuple(chosen))

        self.app.push_screen(SeveralScreen("Columns (as many as fit are shown)", lines), done)
