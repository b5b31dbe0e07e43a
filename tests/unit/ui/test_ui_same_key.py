"""From a field to its line and back."""

from __future__ import annotations

import pytest

from holodeck_tui.config.document import Document
from holodeck_tui.ui.same_key import path_at, place_of

pytestmark = [pytest.mark.unit, pytest.mark.ui]
TEXT = "environments:\n  prod:\n    port: 80\n    target: {cpu: 1, memory: 2}\n    # end\n"
PREFIX = ("environments", "prod")
PATHS = [("port",), ("protocol",), ("target", "cpu"), ("target", "memory")]


@pytest.mark.parametrize(
    ("at", "path"),
    [
        ((0, 3), None),
        ((2, 0), ("port",)),
        ((2, 12), ("port",)),
        ((3, 0), ("target", "cpu")),
        ((3, 15), ("target", "cpu")),
        ((3, 23), ("target", "memory")),
        ((4, 0), ("target", "memory")),
    ],
)
def test_the_field_of_a_place(at: tuple[int, int], path: tuple[str, ...] | None) -> None:
    assert path_at(Document.parse(TEXT.encode()), PREFIX, PATHS, at) == path


def test_the_place_of_a_field() -> None:
    document = Document.parse(TEXT.encode())
    assert place_of(document, (*PREFIX, "target", "memory")) == (3, 29)
    assert place_of(document, (*PREFIX, "protocol")) is None
