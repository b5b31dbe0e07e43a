"""What enters from outside can neither steer the terminal nor show a secret."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.core.redact import MASK, Redactor, looks_secret, sanitize

pytestmark = pytest.mark.unit

CONTROL = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0))} - {"\t"}
BIDI = set("\u200e\u200f\u061c\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\x1b\x07\x9b\x9d\x90\x9c\x00\r\n\t[]();?0123456789mJKHhl\\\u202e\u2066\ud800"),
        st.characters(),
    ),
    max_size=80,
)


@given(HOSTILE)
def test_no_control_character_survives(text: str) -> None:
    clean = sanitize(text)
    assert not (set(clean) & (CONTROL | BIDI))
    clean.encode("utf-8")


@given(HOSTILE)
def test_colour_is_all_that_may_survive(text: str) -> None:
    import re

    clean = sanitize(text, keep_colour=True, keep_newlines=True)
    rest = re.sub("\x1b\\[[0-9;:]*m", "", clean)
    assert not (set(rest) & ((CONTROL | BIDI) - {"\n"}))


@given(HOSTILE)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = sanitize(text)
    assert sanitize(once) == once


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("plain text", "plain text"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b[2J\x1b[Hcleared", "cleared"),
        ("\x9b31mred", "red"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("10%\r50%\r100%", "100%"),
        ("line\r\n", "line "),
        ("tab\there", "tab\there"),
        ("a\u202eb", "ab"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_what_a_reader_sees(raw: str, seen: str) -> None:
    assert sanitize(raw) == seen


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp")), min_size=6))
def test_a_known_value_is_never_shown(value: str) -> None:
    redactor = Redactor([value])
    if len(value.strip()) < 6:
        return
    for spelling in (value.strip(), json.dumps(value)[1:-1].strip(), quote(value, safe="")):
        text = redactor.clean(f"before {spelling} after")
        assert spelling not in text or spelling in f"before {MASK} after"


def test_base64_of_a_secret_is_masked() -> None:
    redactor = Redactor(["hunter2-hunter2"])
    encoded = base64.b64encode(b"hunter2-hunter2").decode()
    assert redactor.redact(f"Authorization: {encoded}") == f"Authorization: {MASK}"


def test_an_escape_inside_a_secret_does_not_hide_it() -> None:
    assert Redactor(["hunter2-hunter2"]).clean("hunter2\x1b[0m-hunter2") == MASK


def test_each_line_of_a_long_secret_counts() -> None:
    key = "-----BEGIN KEY-----\nMIIEvAIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----"
    assert "MIIEvAIBADANBg" not in Redactor([key]).clean("read MIIEvAIBADANBg from a file")


def test_short_values_do_not_eat_ordinary_text() -> None:
    assert Redactor(["eu", "8080"]).redact("eu-west-1:8080") == "eu-west-1:8080"


def test_repr_tells_no_value() -> None:
    assert "hunter2" not in repr(Redactor(["hunter2-hunter2"]))


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY", "API_KEY", "DB_PASSWORD", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "SECRET",
        "CLAUDE_CODE_OAUTH_TOKEN", "STRIPE_KEY", "DATABASE_DSN", "STORAGE_CONNECTION_STRING",
        "openai_api_key", "APIKEY", "TOKENS",
    ],
)  # fmt: skip
def test_secret_names(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    ["PORT", "LOG_LEVEL", "MONKEY", "KEYBOARD", "TOKENIZER", "AUTHOR", "REGION", "MAX_TOKENS", "PUBLIC_KEY"],
)
def test_ordinary_names(name: str) -> None:
    assert not looks_secret(name)


def test_the_working_directory_is_no_secret() -> None:
    assert not looks_secret("PWD")
    assert looks_secret("DB_PWD")
