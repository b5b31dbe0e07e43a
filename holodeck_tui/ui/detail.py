"""All that is known of one deployment, as lines."""

from __future__ import annotations

from datetime import datetime, timezone

from rich.table import Table
from rich.text import Text

from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import rfc3339
from holodeck_tui.ui.rows import Row, ago, target
from holodeck_tui.ui.theme import Glyphs


def facts(row: Row, glyphs: Glyphs) -> list[tuple[str, str]]:
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


def detail_of(row: Row, glyphs: Glyphs, *, width: int) -> Table:
    """Two columns of facts where the width allows it, else one."""
    pairs = facts(row, glyphs)
    title = row.status.ref.agent + (
        f" {glyphs.dot} {row.status.ref.environment}" if row.status.ref.environment else ""
    )
    table = Table.grid(padding=(0, 2), expand=True)
    wide = width >= 110
    for _ in range(2 if wide else 1):
        table.add_column(style="dim", no_wrap=True, width=8)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_row("", Text(sanitize(title), "bold"))
    if wide:
        half = (len(pairs) + 1) // 2
        for number in range(half):
            left = pairs[number]
            right = pairs[number + half] if number + half < len(pairs) else ("", "")
            table.add_row(left[0], Text(left[1]), right[0], Text(right[1]))
    else:
        for name, value in pairs[:6]:
            table.add_row(name, Text(value))
    return table
