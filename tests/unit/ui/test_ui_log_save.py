"""Where a log is saved, on every system, and that all of it is."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path, PureWindowsPath

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.ui.logs.save import chosen, proposed, save
from holodeck_tui.ui.logs.store import NO_TIME, LogStore
from tests.room import little_room

pytestmark = pytest.mark.unit


def test_the_proposed_name_is_one_on_windows_too() -> None:
    folder = PureWindowsPath(r"C:\Users\me\my agent")
    found = proposed(folder, ['a:b/c\\d*"?<>|e'])
    assert found.parent == folder
    assert re.fullmatch(r"a-b-c-d------e-\d{8}-\d{6}\.log", found.name)
    assert str(found).startswith("C:\\Users\\me\\my agent\\a-b-c-d")
    assert proposed(folder, ["one", "two"]).name.startswith("deployments-")


@pytest.mark.parametrize("text", ["there.log", "~nobody-at-all/x.log", "a\0b", "x" * 5000])
def test_what_cannot_be_a_new_file_says_so(text: str, tmp_path: Path) -> None:
    (tmp_path / "there.log").touch()
    path, wrong = chosen(tmp_path, text)
    if path is not None:
        # Before Python 3.14 a path asks no system whether it could be.
        with pytest.raises(DeploymentError):
            asyncio.run(save(LogStore(), ["one"], path))
        return
    assert wrong


def test_all_lines_are_there_and_other_things_go_on_meanwhile(tmp_path: Path) -> None:
    store = LogStore(segment_lines=3000)
    store.append(
        [f"\x1b[31mline {n}\x1b[0m" for n in range(9000)],
        [0] + [NO_TIME] * 8999,
        [n % 2 for n in range(9000)],
    )
    others = 0

    async def both() -> int:
        nonlocal others
        saving = asyncio.create_task(save(store, ["one", "two"], tmp_path / "all.log"))
        while not saving.done():
            others += 1
            await asyncio.sleep(0)
        return await saving

    assert asyncio.run(both()) == 9000
    assert others > 4
    lines = (tmp_path / "all.log").read_text().splitlines()
    assert lines[0] == "1970-01-01T00:00:00.000Z one line 0"
    assert lines[1:] == [f"{('one', 'two')[n % 2]} line {n}" for n in range(1, 9000)]
    store.close()


@pytest.mark.skipif(os.name != "posix", reason="a limit of file sizes is set the POSIX way")
def test_a_log_for_which_there_is_no_room_leaves_no_part_of_it(tmp_path: Path) -> None:
    store = LogStore()
    store.append([f"line {n}" for n in range(9000)], [NO_TIME] * 9000, [0] * 9000)
    with little_room(5000), pytest.raises(DeploymentError, match="could not be written"):
        asyncio.run(save(store, ["one"], tmp_path / "all.log"))
    assert not list(tmp_path.iterdir())
