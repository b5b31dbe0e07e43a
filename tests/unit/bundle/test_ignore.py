"""``.dockerignore``: each rule of Docker's documentation and of moby's own tests."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.bundle.ignore import IgnoreRules

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("lines", "path", "left_out"),
    [
        ("*.md", "a.md", True),
        ("*.md", "docs/a.md", False),
        ("**/*.md", "docs/deep/a.md", True),
        ("**/*.md", "a.md", True),
        ("docs", "docs/deep/a.md", True),
        ("docs/", "docs/a.md", True),
        ("/docs", "docs/a.md", True),
        ("docs/**", "docs/a/b", True),
        ("docs/**", "docs", False),
        ("docs/**/b", "docs/b", True),
        ("docs/**/b", "docs/x/y/b/c", True),
        ("**", "anything/at/all", True),
        ("**/node_modules", "a/node_modules/b/c.js", True),
        ("do?s", "docs/a", True),
        ("do?s", "do/s", False),
        ("[a-c]at", "bat", True),
        ("[^a-c]at", "bat", False),
        ("[^a-c]at", "rat", True),
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        ("a.b", "axb", False),
        ("a+(b)", "a+(b)", True),
        ("./docs/../data", "data/x", True),
        ("  docs  ", "docs/x", True),
        ("# docs", "# docs", False),
        (" # docs", "# docs", True),
        ("\ufeffdocs", "docs/x", True),
        ("docs\r\ndata\r\n", "data/x", True),
        ("*\n!keep.md", "keep.md", False),
        ("docs\n!docs/keep.md", "docs/keep.md", False),
        ("docs\n!docs/keep", "docs/keep/x/y", False),
        ("docs\n!docs/keep.md\ndocs/*.md", "docs/keep.md", True),
        ("!docs\ndocs", "docs/x", True),
        ("docs\n! docs/keep.md", "docs/keep.md", False),
        ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", True),
        ("*.md\n!README*.md\nREADME-secret.md", "README-open.md", False),
        (".", "docs/x", False),
        ("", "docs/x", False),
        ("cafe\u0301", "caf\u00e9/x", True),
        ("*", ".hidden", True),
    ],
)
def test_rules(lines: str, path: str, left_out: bool) -> None:
    assert (IgnoreRules.parse(lines).decides(path) is not None) is left_out


def test_the_line_that_decides_is_named() -> None:
    rules = IgnoreRules.parse("# first\n\n*.log\ndocs\n")
    decided = rules.decides("docs/a")
    assert decided is not None
    assert (decided.line, decided.text) == (4, "docs")


@pytest.mark.parametrize("line", ["!", "[abc", "a[b-a]"])
def test_what_docker_refuses_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        IgnoreRules.parse(f"ok\n{line}\n")


names = st.text("abc.*?[]!^-\\/ #", min_size=1, max_size=12)


@given(names, st.text("abc./-", min_size=1, max_size=20))
def test_any_text_is_rules_or_a_clear_refusal(text: str, path: str) -> None:
    try:
        rules = IgnoreRules.parse(text)
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = "line 1: "
        rules.decides(posixpath.normpath(path))
    assert refusal.startswith("line 1: ")


@given(st.text("abcd", min_size=1, max_size=4), st.lists(st.text("abcd", min_size=1, max_size=4), min_size=1))
def test_a_plain_name_leaves_out_itself_and_all_below_it(name: str, parts: list[str]) -> None:
    left_out = IgnoreRules.parse(name).decides("/".join(parts)) is not None
    assert left_out == (parts[0] == name)
