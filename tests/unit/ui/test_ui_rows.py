"""Words for deployments."""

from __future__ import annotations

import pytest

from holodeck_tui.core.values import ServiceRef
from holodeck_tui.ui.rows import labels


def ref(agent: str, provider: str = "local", environment: str | None = None) -> ServiceRef:
    name = f"holodeck-{agent}-{environment or ''}-{provider}"
    return ServiceRef(provider, name, name, provider, agent, environment)


@pytest.mark.parametrize(
    ("refs", "words"),
    [
        ([ref("one")], ["one"]),
        ([ref("one"), ref("two")], ["one", "two"]),
        ([ref("one"), ref("one", environment="prod")], ["one", "one prod"]),
        ([ref("one"), ref("one", "gcp")], ["one this machine", "one cloud run"]),
        (
            [ref("one", "gcp"), ref("one", "gcp", "prod"), ref("one", environment="prod")],
            ["holodeck-one--gcp", "holodeck-one-prod-gcp", "holodeck-one-prod-local"],
        ),
        ([ref("a\x1b[2Jb"), ref("c")], ["ab", "c"]),
    ],
)
def test_lines_of_several_are_told_apart_by_the_fewest_words(
    refs: list[ServiceRef], words: list[str]
) -> None:
    assert labels(refs) == words
