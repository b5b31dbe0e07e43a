"""All that is known of one deployment, as lines."""

from __future__ import annotations

from datetime import datetime, timezone

from rich.table import Table
from rich.text import Text

from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import rfc3339
from holodeck_tui.ui.rows import Row, ago, target
from holodeck_tui.ui.theme import Glyphs

# Cells from which two columns fit.
_WIDE = 110

Facts = list[tuple[str, str]]


def facts(row: Row, glyphs: Glyphs) -> Facts:
    """Name and value, in the order of what a reader wants first."""
    status, ref = row.status, row.status.ref
    now = datetime.now(timezone.utc)

    def moment(then: datetime | None) -> str:
        return glyphs.dash if then is None else f"{rfc3339(then)} ({ago(then, now, glyphs.dash)} ago)"

    known = [beat for beat in row.beats if beat is not None]
    health = f"last {known[-1]:.0f} ms, slowest {max(known):.0f} ms" if known else glyphs.dash
    pairs = [
        ("state", glyphs.state(status.state) + (" (as last heard)" if row.stale else "")),
        ("detail", status.detail or glyphs.dash),
        ("url", status.url or glyphs.dash),
        ("image", status.image_uri or glyphs.dash),
        ("revision", status.revision or glyphs.dash),
        ("created", moment(status.created_at)),
        ("checked", moment(status.checked_at)),
        ("health", health),
        ("target", f"{target(ref)} {glyphs.dot} {ref.scope}"),
        ("service", f"{ref.name} {glyphs.dot} {ref.service_id}"),
    ]
    return [(name, sanitize(value)) for name, value in pairs]


def shown(row: Row, glyphs: Glyphs, width: int) -> Facts:
    """What stands below the table: a title (whose name is empty), then as many facts as ``width`` bears."""
    ref = row.status.ref
    title = ref.agent + (f" {glyphs.dot} {ref.environment}" if ref.environment else "")
    pairs = facts(row, glyphs)
    return [("", sanitize(title)), *(pairs if width >= _WIDE else pairs[:6])]


def table_of(lines: Facts, width: int) -> Table:
    """:func:`shown` in two columns where the width allows it, else in one."""
    table = Table.grid(padding=(0, 2), expand=True)
    columns = 2 if width >= _WIDE else 1
    for _ in range(columns):
        table.add_column(style="dim", no_wrap=True, width=8)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    (_, title), *pairs = lines
    table.add_row("", Text(title, "bold"))
    half = -(-len(pairs) // columns)
    for number in range(half):
        beside = pairs[number::half]
        table.add_row(*(cell for name, value in beside for cell in (name, Text(value))))
    return table
