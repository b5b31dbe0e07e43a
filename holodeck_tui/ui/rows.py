"""Deployments as rows of text: pure formatting, no widget. What stands here is cleaned for terminals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from holodeck_tui.core.redact import sanitize
from holodeck_tui.core.values import ServiceRef, Status
from holodeck_tui.ui.theme import Glyphs, look

_PRODUCTS = {"local": "this machine", "aws": "aws", "gcp": "cloud run", "azure": "container apps"}
# Worst first: what needs somebody stands on top.
_SEVERITY = ("failed", "unhealthy", "degraded", "deploying", "missing", "unknown", "stopped", "healthy")


@dataclass(frozen=True)
class Column:
    """``width`` in cells at least; ``grow`` shares what is left, or what is ``late`` the plenty of it.

    Lower ``rank`` stays longest.
    """

    id: str
    title: str
    width: int
    rank: int
    grow: int = 0
    right: bool = False
    late: bool = False


# Cells that are left to the names and addresses before anything else grows.
_NAMES = 24
# What is not hidden fits into 120 cells.
COLUMNS: tuple[Column, ...] = (
    Column("agent", "agent", 18, 0, grow=2),
    Column("env", "env", 7, 4, grow=1, late=True),
    Column("target", "target", 14, 1),
    Column("state", "state", 13, 2),
    Column("url", "url", 14, 6, grow=3),
    Column("rev", "rev", 5, 7, right=True),
    Column("image", "image", 7, 8),
    Column("age", "age", 6, 3, right=True),
    Column("health", "health", 14, 5),
    Column("scope", "scope", 22, 9),
    Column("checked", "checked", 8, 10, right=True),
)
SORTS: tuple[str, ...] = ("agent", "state", "target", "env", "age")
GROUPS: tuple[str, ...] = ("", "target", "scope", "env", "agent", "state")
# Off until chosen: the details have them.
HIDDEN = frozenset({"scope", "checked"})


@dataclass(frozen=True)
class Row:
    """One deployment with what the screen adds. ``beats`` are milliseconds, None for no answer."""

    status: Status
    stale: bool = False
    beats: tuple[float | None, ...] = ()

    @property
    def key(self) -> str:
        """Stays as long as the deployment does."""
        return key_of(self.status.ref)


@dataclass(frozen=True)
class Heading:
    """What the rows below it have in common. ``text`` is clean."""

    text: str

    @property
    def key(self) -> str:
        """No deployment's."""
        return f"\0{self.text}"


def key_of(ref: ServiceRef) -> str:
    """What identifies a deployment in every listing."""
    return f"{ref.scope}|{ref.service_id}|{ref.name}"


def ago(then: datetime | None, now: datetime, dash: str) -> str:
    """``12 s``, ``5 min``, ``2 h``, ``3 d``."""
    if then is None:
        return dash
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def short_image(uri: str | None, dash: str) -> str:
    """The tag, or the beginning of the digest."""
    if not uri:
        return dash
    name, _, digest = sanitize(uri).partition("@")
    if digest:
        return digest.removeprefix("sha256:")[:7]
    tail = name.rpartition("/")[2].partition(":")[2] or name
    return tail.removeprefix("sha256:")[:7]


def short_revision(name: str | None, dash: str) -> str:
    """The number that a target counts its revisions by, else the end of the name."""
    # Container Apps puts its app's name before two dashes.
    shown = sanitize(name or dash).rpartition("--")[2] or dash
    counted = re.search(r"(?:^|-)0*(\d+)(?:-[a-z0-9]{3})?$", shown)
    return counted[1] if counted else shown[-5:]


def cells(row: Row, columns: Sequence[Column], now: datetime, glyphs: Glyphs) -> tuple[str, ...]:
    """The row's texts for ``columns``."""
    return tuple(_text(column.id, row, now, glyphs) for column in columns)


def _health(row: Row, glyphs: Glyphs) -> str:
    if not row.beats:
        return ""
    last = row.beats[-1]
    text = glyphs.dash if last is None else f"{last:.0f} ms"
    return f"{glyphs.bars(row.beats, 6)} {text:>7}"


def _text(column: str, row: Row, now: datetime, glyphs: Glyphs) -> str:
    status, ref = row.status, row.status.ref
    if column == "state":
        return glyphs.state(status.state) + (" ?" if row.stale else "")
    if column == "url":
        url = sanitize(status.url or glyphs.dash)
        return url.partition("://")[2] or url
    if column == "age":
        return ago(status.created_at, now, glyphs.dash)
    if column == "checked":
        return ago(status.checked_at, now, glyphs.dash)
    if column == "health":
        return _health(row, glyphs)
    if column == "rev":
        return short_revision(status.revision, glyphs.dash)
    if column == "image":
        return short_image(status.image_uri, glyphs.dash)
    if column == "scope":
        return scope_name(ref.scope)
    if column == "target":
        return target(ref)
    return sanitize(ref.agent if column == "agent" else ref.environment or glyphs.dash)


def target(ref: ServiceRef) -> str:
    """The product it runs on."""
    return target_of(ref.provider)


def target_of(provider: str) -> str:
    """The product behind a target's name."""
    return _PRODUCTS.get(provider, sanitize(provider))


def scope_name(scope: str) -> str:
    """A scope for people: ``this machine``, ``aws eu-west-1``, ``azure …9f3a/group``."""
    if scope == "local":
        return "this machine"
    provider, _, rest = sanitize(scope).partition(":")
    head, slash, tail = rest.partition("/")
    if provider == "azure" and slash:
        head = f"…{head[-4:]}"
    return f"{provider} {head}{slash}{tail}"


def labels(refs: Sequence[ServiceRef]) -> list[str]:
    """The shortest words that tell ``refs`` apart: the agent, else with its environment or target too."""
    forms: tuple[Callable[[ServiceRef], str], ...] = (
        lambda ref: ref.agent,
        lambda ref: f"{ref.agent} {ref.environment or ''}".rstrip(),
        lambda ref: f"{ref.agent} {target(ref)}",
        lambda ref: ref.name,
    )
    for form in forms:
        found = [sanitize(form(ref)) for ref in refs]
        if len(set(found)) == len(found):
            break
    return found


def matches(row: Row, words: str) -> bool:
    """Whether every word stands somewhere in what the row shows."""
    status, ref = row.status, row.status.ref
    parts = (
        ref.agent,
        ref.environment or "",
        target(ref),
        ref.scope,
        ref.name,
        look(status.state).word,
        status.url or "",
        status.image_uri or "",
    )
    text = " ".join(parts).lower()
    return all(word in text for word in words.lower().split())


def group_of(row: Row, group: str) -> str:
    """What ``row`` is grouped under."""
    return {
        "target": target(row.status.ref),
        "scope": scope_name(row.status.ref.scope),
        "env": row.status.ref.environment or "",
        "agent": row.status.ref.agent,
        "state": look(row.status.state).word,
    }.get(group, "")


def arrange(rows: Iterable[Row], *, sort: str, reverse: bool, group: str, words: str) -> list[Row]:
    """What is shown, in order. Equal rows keep an order of their own, so nothing jumps."""
    found = [row for row in rows if not words or matches(row, words)]
    found.sort(key=lambda row: (row.status.ref.agent, row.status.ref.scope, row.key))
    found.sort(key=_SORT[sort], reverse=reverse)
    if group:
        found.sort(key=lambda row: group_of(row, group))
    return found


def grouped(rows: Iterable[Row], group: str, dash: str) -> list[Row | Heading]:
    """``rows``, which :func:`arrange` has put in order, with a heading over each group."""
    if not group:
        return list(rows)
    found: list[Row | Heading] = []
    for name, several in groupby(rows, lambda row: group_of(row, group)):
        members = list(several)
        found += [Heading(f"{sanitize(name) or dash} ({len(members)})"), *members]
    return found


_SORT: dict[str, Callable[[Row], Any]] = {
    "agent": lambda row: row.status.ref.agent.lower(),
    "state": lambda row: _SEVERITY.index(row.status.state or "unknown"),
    "target": lambda row: target(row.status.ref),
    "env": lambda row: row.status.ref.environment or "",
    "age": lambda row: -(row.status.created_at.timestamp() if row.status.created_at else 0.0),
}


def fit(width: int, chosen: Iterable[str]) -> list[tuple[Column, int]]:
    """The columns of ``chosen`` that fit into ``width`` cells, with their widths; each is padded by two."""
    wanted = set(chosen)
    left = width
    kept: set[str] = set()
    for column in sorted(COLUMNS, key=lambda column: column.rank):
        if column.id in wanted and left >= column.width + 2:
            kept.add(column.id)
            left -= column.width + 2
    shown = [column for column in COLUMNS if column.id in kept]
    shares = sum(column.grow for column in shown)
    late = sum(column.grow for column in shown if column.late)
    plenty = max(0, left - _NAMES) * late // (shares or 1)

    def more(column: Column) -> int:
        if column.late:
            return plenty * column.grow // late
        return (left - plenty) * column.grow // (shares - late or 1)

    return [(column, column.width + more(column)) for column in shown]
