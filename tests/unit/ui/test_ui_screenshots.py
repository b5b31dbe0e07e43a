"""The pictures that are committed: one of every screen in every look, with nothing of the machine they were taken on."""

from __future__ import annotations

import re

import pytest

from tests.readme import README
from tests.screenshots.catalog import FOLDER, SCREENS, SIZES, THEMES, name_of

pytestmark = [pytest.mark.unit, pytest.mark.ui]

NAMES = [name_of(screen, theme, size) for screen in SCREENS for theme in THEMES for size in SIZES]


def test_there_is_one_of_every_screen_in_every_look() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.svg")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_shows_no_machine_no_secret_and_asks_no_server(name: str) -> None:
    svg = (FOLDER / name).read_text(encoding="utf-8")
    assert "@font-face" not in svg
    assert not re.search(r"https?://(?!127\.|www\.w3\.org|www\.textualize\.io)", svg)
    assert not re.search(r"/(root|work|home/\w)", svg)
    assert set(re.findall(r"/tmp/[\w-]+", svg)) <= {"/tmp/holodeck-demo"}
    assert "none-at-all" not in svg
    assert "sk-dummy" not in svg


def test_the_readme_shows_every_picture_and_none_that_is_not_there() -> None:
    text = README.read_text(encoding="utf-8")
    assert set(re.findall(r"screenshots/([\w.-]+\.svg)", text)) == set(NAMES)
    first = text.index("screenshots/")
    assert text[first:].startswith("screenshots/dashboard")
    assert text.index("make run") > first
