"""How the app was looked at last."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.ui.remembered import NAME, View, read_view, write_view
from holodeck_tui.ui.rows import COLUMNS


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    view = View(columns=("agent", "scope"), sort="age", reverse=True, group="target", theme="textual-light")
    write_view(tmp_path / "new" / "folder", view)
    assert read_view(tmp_path / "new" / "folder") == view


def test_only_what_differs_is_kept_so_that_later_defaults_reach_the_user(tmp_path: Path) -> None:
    write_view(tmp_path, View(sort="age"))
    assert json.loads((tmp_path / NAME).read_text()) == {"sort": "age"}


def test_a_folder_that_is_none_remembers_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    write_view(tmp_path / "file", View(sort="age"))
    assert read_view(tmp_path / "file") == View()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"sort": "no", "group": 1, "columns": "agent"}', "\xff"])
def test_rubbish_is_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    assert read_view(tmp_path) == View()


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["columns", "sort", "reverse", "group", "theme"]), _JSON))
def test_no_content_of_the_file_stops_the_app(tmp_path_factory: pytest.TempPathFactory, data: object) -> None:
    folder = tmp_path_factory.mktemp("state")
    (folder / NAME).write_text(json.dumps(data))
    view = read_view(folder)
    assert set(view.columns) <= {one.id for one in COLUMNS}
    write_view(folder, view)
    assert read_view(folder) == view
