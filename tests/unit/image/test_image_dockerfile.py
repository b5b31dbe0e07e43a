"""Nothing that people write can get out of its quotes in the Dockerfile."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.image.contents import make_layers
from holodeck_tui.image.dockerfile import exec_form, extras_list, one_line, quoted, render
from holodeck_tui.image.plan import BaseImage, Healthcheck, ImageConfig, ImagePlan

from .conftest import BASE, bundle_of

pytestmark = pytest.mark.unit

HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="\"\\$\n\r`{}' #\u2028\x85\x00\ufeffRUNx", max_size=60),
    st.sampled_from(
        ['"\nRUN rm -rf /', "\\", '\\"', "${BASE}", "$(id)", "<<EOF\nRUN id\nEOF", "a\\\nUSER 0"]
    ),
)


def plan_with(
    title: str = "t",
    *,
    health: str = "/health",
    extras: tuple[str, ...] = (),
    node: bool = False,
    base: BaseImage = BASE,
    volatile: str = "1",
) -> ImagePlan:
    bundle = bundle_of()
    config = ImageConfig(
        env={"HOLODECK_PORT": "8080"},
        entrypoint=("/opt/holodeck/entrypoint.sh",),
        healthcheck=Healthcheck(("python3", "/opt/holodeck/healthcheck.py", health)),
        port=8080,
        labels={"org.opencontainers.image.title": title},
    )
    return ImagePlan(
        agent=title,
        uri="r.test/a:1",
        platform="linux/amd64",
        base=base,
        bundle=bundle,
        layers=make_layers(bundle),
        config=config,
        key="0" * 64,
        extras=extras,
        node=node,
        volatile={"org.opencontainers.image.source": volatile},
    )


def unquoted(text: str) -> list[str]:
    """The words of a line as moby's shell/lex.go reads double quotes; the test's own reading of it."""
    words: list[str] = []
    word, inside, index = "", False, 0
    while index < len(text):
        char = text[index]
        if inside and char == "\\" and text[index + 1] in '"$\\':
            index += 1
            word += text[index]
        elif char == '"':
            inside = not inside
        elif inside and char == "$":
            raise AssertionError("an expansion")
        elif char.isspace() and not inside:
            words.append(word)
            word = ""
        else:
            word += char
        index += 1
    assert not inside, "quotes that do not end"
    return [*words, word]


@given(title=HOSTILE, volatile=HOSTILE, health=HOSTILE)
def test_no_value_adds_a_line_or_leaves_its_quotes(title: str, volatile: str, health: str) -> None:
    plain = render(plan_with()).split("\n")
    lines = render(plan_with(title, volatile=volatile, health=health)).split("\n")
    assert [line.split(" ")[0] for line in lines] == [line.split(" ")[0] for line in plain]
    (label,) = (line for line in lines if line.startswith("LABEL "))
    assert unquoted(label[6:]) == [
        f"org.opencontainers.image.source={one_line(volatile)}",
        f"org.opencontainers.image.title={one_line(title)}",
    ]
    (check,) = (line for line in lines if line.startswith("HEALTHCHECK"))
    assert json.loads(check.partition("CMD ")[2])[-1] == health


@given(HOSTILE)
def test_quotes_hold_any_text(text: str) -> None:
    assert unquoted(quoted(text)) == [one_line(text)]
    assert "\n" not in quoted(text)


@given(st.text())
def test_cleaning_a_label_twice_changes_nothing(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)


def test_an_endless_label_is_cut_below_what_a_dockerfile_line_may_hold() -> None:
    longest = max(render(plan_with("é$" * 50_000, volatile="\\" * 100_000)).split("\n"), key=len)
    assert len(longest.encode()) < 65_535


def test_ordinary_text_stays_as_it_is() -> None:
    text = 'Kundendienst "Süd" \\ 100 % $HOME — 日本語 🙂'
    assert one_line(text) == text


def test_only_names_of_extras_reach_the_shell() -> None:
    assert extras_list(["chromadb", "azure-blob"]) == "chromadb,azure-blob"
    for name in ("a b", "a;id", '"', "$(id)", "", "a\n", "-x"):
        with pytest.raises(ValueError, match="extra"):
            extras_list([name])


def test_exec_form_is_one_line_of_ascii() -> None:
    text = exec_form(["a", "\n\u2028é"])
    assert text.isascii()
    assert json.loads(text) == ["a", "\n\u2028é"]
    assert "\n" not in text


def test_the_base_is_an_argument_pinned_by_digest() -> None:
    lines = render(plan_with()).splitlines()
    assert f'ARG BASE="base@{BASE.digest}"' in lines
    assert lines[lines.index("FROM ${BASE}") - 1].startswith("ARG BASE=")


def test_what_is_installed_stands_above_the_agents_files_and_only_where_it_is_needed() -> None:
    assert "RUN" not in render(plan_with())
    text = render(plan_with(extras=("chromadb", "s3"), node=True))
    assert text.index("nodejs") < text.index("holodeck-ai[chromadb,s3]") < text.index("ADD support.tar")
    assert text.index("USER 0:0") < text.index("RUN ") < text.index("USER 1000:1000")


def test_what_changes_most_often_stands_last() -> None:
    words = [line.split(" ")[0] for line in render(plan_with()).splitlines() if line]
    assert words[-1] == "LABEL"
    assert words[-2] == "ADD"
    assert words.index("ADD") < words.index("ENTRYPOINT") < words.index("ADD", words.index("ADD") + 1)


def test_classic_syntax_only() -> None:
    text = render(plan_with(extras=("s3",), node=True))
    assert "--mount" not in text
    assert "<<" not in text
    assert not text.startswith("# syntax")


def test_the_default_of_the_base_cannot_inject_either() -> None:
    base = replace(BASE, reference='x"\nRUN id\n#', digest=None)
    lines = render(plan_with(base=base)).splitlines()
    assert not any(line.startswith("RUN") for line in lines)


def test_the_template_is_the_files_own_text() -> None:
    import holodeck_tui.image.dockerfile as module

    beside = Path(module.__file__).with_name("Dockerfile.j2").read_bytes()
    assert module.template_source() == beside.replace(b"\r\n", b"\n")
