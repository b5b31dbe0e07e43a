"""Which images go: never one in use, never one that nobody can date."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.image.key_tag import is_key_tag, key_tag
from holodeck_tui.image.retention import StoredImage, superfluous

pytestmark = pytest.mark.unit
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def image(number: int) -> StoredImage:
    return StoredImage(f"sha256:{number:064x}", (f"v{number}",))


def test_the_newest_stay() -> None:
    images = [image(number) for number in (3, 1, 4, 2, 5)]
    pushed = {image(n).digest: NOON + timedelta(hours=n) for n in range(1, 5)}
    remove, why = superfluous(images, pushed, keep=2, in_use=[image(1).digest])
    assert remove == [image(2)]
    assert why == {
        image(1).digest: "in use",
        image(3).digest: "one of the newest 2",
        image(4).digest: "one of the newest 2",
        image(5).digest: "nobody here knows when it was pushed",
    }


@given(
    st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)), st.integers(0, 9)
)
def test_nothing_in_use_or_undated_goes(there: set[int], dated: set[int], used: set[int], keep: int) -> None:
    pushed = {image(n).digest: NOON + timedelta(hours=n) for n in dated}
    in_use = {image(n).digest for n in used}
    remove, why = superfluous([image(n) for n in there], pushed, keep=keep, in_use=in_use)
    gone = {one.digest for one in remove}
    assert gone.isdisjoint(in_use)
    assert gone <= set(pushed)
    assert gone.isdisjoint(why)
    assert len(gone) + len(why) == len(there)
    dated_there = sorted(there & dated)
    assert gone.isdisjoint({image(n).digest for n in dated_there[len(dated_there) - keep :] if keep})


def test_tags_of_ours_are_told_from_those_of_people() -> None:
    assert is_key_tag(key_tag("ab" * 32))
    assert not is_key_tag("holodeck-1.0")
    assert not is_key_tag("v1")
