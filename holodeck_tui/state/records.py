"""The two record files of a ``.holodeck`` folder, as one thing.

``deployments.json`` is HoloDeck's: deployments to its three providers without a named environment.
``deploy-tui.json`` is ours: ``{"version": 1, "records": [{agent, environment, target, build, deployed}]}``;
it holds everything, so that what HoloDeck's form cannot say (digest, scope, environment) is kept too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef, ServiceRef
from holodeck_tui.state import holodeck
from holodeck_tui.state.folder import StateFolder
from holodeck_tui.state.jsonfile import Damaged, Warn, read_object, set_aside, write_object
from holodeck_tui.state.lock import Key
from holodeck_tui.state.values import (
    BuildRecord,
    DeployedRecord,
    Record,
    parse_time,
    record_from_json,
    record_to_json,
)

NAME = "deploy-tui.json"
VERSION = 1


class Records:
    """Reads never write; writes are whole files under the folder's guard, so that no run loses another's."""

    def __init__(self, folder: StateFolder, warn: Warn) -> None:
        self._folder = folder
        self._warn = warn

    def get(self, key: Key) -> Record:
        """What is remembered of ``key``; a damaged file is told and read as far as it goes."""
        entries, why = self._read_ours()
        if why:
            self._warn(f"{self._folder.file(NAME)} is damaged ({why}); the next run sets it aside.")
        record = entries.get(key, Record())
        if record.deployed is None and key.target in holodeck.PROVIDERS and key.environment is None:
            theirs, why = self._read_theirs()
            if why:
                path = self._folder.file(holodeck.NAME)
                self._warn(f"{path} is damaged ({why}); the next run sets it aside.")
            found = theirs.get(key.agent)
            if found is not None and found["provider"] == key.target:
                record = replace(record, deployed=_from_holodeck(key, found))
        return record

    def all(self) -> dict[Key, Record]:
        """Everything in our file that can be read."""
        return self._read_ours()[0]

    def save_build(self, key: Key, build: BuildRecord | None) -> None:
        """Remember the last build of ``key``; None forgets it."""
        self._change(key, lambda record: record.with_build(build))

    def forget_pushes(self, key: Key, digests: Collection[str]) -> None:
        """Those images are no longer in the registry."""

        def change(record: Record) -> Record:
            kept = tuple(pair for pair in record.pushes if pair[0] not in digests)
            build = record.build
            if build is not None and build.image.digest in digests:
                build = None
            return replace(record, build=build, pushes=kept)

        self._change(key, change)

    def save_deployed(self, key: Key, deployed: DeployedRecord | None) -> None:
        """Remember the deployment of ``key``; None forgets it. The first ``created_at`` stays."""

        def change(record: Record) -> Record:
            new, old = deployed, record.deployed
            if new is not None and old is not None and new.ref.service_id == old.ref.service_id:
                new = replace(new, created_at=old.created_at)
            return replace(record, deployed=new)

        record = self._change(key, change)
        if key.target in holodeck.PROVIDERS and key.environment is None:
            self._change_theirs(key, record.deployed)

    def _change(self, key: Key, change: Callable[[Record], Record]) -> Record:
        path = self._folder.file(NAME)
        with self._folder.guard():
            entries, why = self._read_ours()
            record = change(entries.get(key, Record()))
            if why:
                set_aside(path, why, self._warn)
            elif record == entries.get(key, Record()):
                return record
            if record == Record():
                entries.pop(key, None)
            else:
                entries[key] = record
            write_object(path, _document(entries))
        return record

    def _change_theirs(self, key: Key, deployed: DeployedRecord | None) -> None:
        path = self._folder.file(holodeck.NAME)
        with self._folder.guard():
            entries, why = self._read_theirs()
            if why:
                set_aside(path, why, self._warn)
            old = entries.get(key.agent)
            if deployed is not None:
                new = holodeck.entry(deployed)
                if old is not None and old["service_id"] == new["service_id"] and old.get("created_at"):
                    new["created_at"] = old["created_at"]
                entries[key.agent] = new
            elif old is not None and old["provider"] == key.target:
                del entries[key.agent]
            elif not why:
                return
            write_object(path, holodeck.document(entries))

    def _read_ours(self) -> tuple[dict[Key, Record], str]:
        """The records, and why the file is damaged if it is."""
        path = self._folder.file(NAME)
        try:
            data = read_object(path)
        except Damaged as error:
            return {}, str(error)
        if data is None:
            return {}, ""
        if isinstance(data.get("version"), int) and data["version"] > VERSION:
            raise DeploymentError(
                "state-damaged",
                f"{path} was written by a newer version of this tool.",
                reason=f"its format is {data['version']}, this version reads {VERSION}",
                remedy="pip install --upgrade holodeck-deploy-tui",
            )
        entries: dict[Key, Record] = {}
        why = "" if data.get("version") == VERSION else "it has no format version"
        records = data.get("records")
        if not isinstance(records, list):
            return {}, "it has no list of records"
        for item in records:
            pair = _record(item)
            if pair is None:
                why = "it has records that cannot be read"
            else:
                entries[pair[0]] = pair[1]
        return entries, why

    def _read_theirs(self) -> tuple[dict[str, Any], str]:
        data = None
        try:
            data = read_object(self._folder.file(holodeck.NAME))
            return holodeck.parse(data), ""
        except Damaged as error:
            return holodeck.salvage(data), str(error)


def _record(item: Any) -> tuple[Key, Record] | None:
    try:
        return Key(item["agent"], item["environment"], item["target"]), record_from_json(item)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _time(text: object) -> datetime:
    try:
        return parse_time(str(text))
    except ValueError:
        return datetime.fromtimestamp(0, timezone.utc)


def _document(entries: dict[Key, Record]) -> dict[str, Any]:
    ordered = sorted(
        entries.items(), key=lambda item: (item[0].agent, item[0].environment or "", item[0].target)
    )
    return {
        "version": VERSION,
        "records": [
            {
                "agent": key.agent,
                "environment": key.environment,
                "target": key.target,
                **record_to_json(record),
            }
            for key, record in ordered
        ],
    }


def _from_holodeck(key: Key, data: dict[str, Any]) -> DeployedRecord:
    """A record that holodeck-ai wrote. It tells no digest, no scope and no revision."""
    image = data["image_uri"]
    return DeployedRecord(
        ref=ServiceRef(key.target, data["service_id"], data["service_name"], "", key.agent),
        url=data.get("url"),
        state=data["status"],
        revision=None,
        image=ImageRef(image, "") if image else None,
        content_hash="",
        config_hash=data["config_hash"],
        created_at=_time(data.get("created_at")),
        updated_at=_time(data.get("updated_at")),
    )
