"""What must not ship: told all at once, each with the line that names it, the reason and a way out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import pytest

from holodeck_tui.core.errors import DeploymentError

from .conftest import HEAD, Bundles, Make, paths, vectorstore

pytestmark = pytest.mark.unit


posix = pytest.mark.skipif(os.name != "posix", reason="needs symlinks, pipes and modes")


def refused(bundle_of: Bundles, agent: Path) -> DeploymentError:
    with pytest.raises(DeploymentError) as caught:
        bundle_of(agent)
    return caught.value


def test_all_missing_files_are_listed_with_their_lines(bundle_of: Bundles, make: Make) -> None:
    agent = make(
        "instructions:\n  file: prompts/system.md\ntools:\n"
        "  - {name: a, description: d, type: function, file: tools/a.py, function: f}\n"
        "  - {name: b, description: d, type: vectorstore, source: data}\n"
        "response_format: ../schema.json\n"
    )
    error = refused(bundle_of, agent)
    assert error.code == "file-missing"
    assert error.details == (
        "agent.yaml:4  instructions.file: prompts/system.md: it does not exist",
        "agent.yaml:6  tools[0].file: tools/a.py: it does not exist",
        "agent.yaml:7  tools[1].source: data: it does not exist",
        "agent.yaml:8  response_format: ../schema.json: it leads out of the agent's folder",
    )
    assert error.reason == "3 do not exist, 1 lie outside of the agent's folder"
    assert "correct the paths" in error.remedy


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "C:\\data\\x.md", "\\\\server\\share\\x.md", "../x.md", "a/../../x"]
)
def test_paths_out_of_the_folder(bundle_of: Bundles, make: Make, path: str) -> None:
    error = refused(bundle_of, make(f"instructions: {{file: '{path}'}}\n"))
    assert error.code == "file-outside"


def test_an_absolute_path_into_the_folder_names_the_relative_one(bundle_of: Bundles, make: Make) -> None:
    agent = make(files={"a.md": "x"})
    agent.write_text(f"{HEAD}instructions: {{file: '{agent.parent / 'a.md'}'}}\n")
    error = refused(bundle_of, agent)
    assert error.code == "file-outside"
    assert "write a.md" in error.details[0]


def test_other_case_is_missing_and_says_so(bundle_of: Bundles, make: Make) -> None:
    error = refused(bundle_of, make("instructions: {file: Prompts/system.md}\n", {"prompts/System.md": "x"}))
    assert error.code == "file-missing"
    assert "there is prompts, which differs in case" in error.details[0]


def test_a_folder_where_a_file_belongs(bundle_of: Bundles, make: Make) -> None:
    error = refused(bundle_of, make("instructions: {file: data.v1}\n", {"data.v1/x.md": "x"}))
    assert error.code == "file-unreadable"
    assert error.reason == "it is a folder, and a file belongs here"


def test_an_empty_folder_would_not_be_in_the_container(bundle_of: Bundles, make: Make) -> None:
    agent = make(vectorstore("data"))
    (agent.parent / "data").mkdir()
    assert "empty folder" in refused(bundle_of, agent).reason


@posix
def test_a_symlink_ships_what_it_points_to(bundle_of: Bundles, make: Make) -> None:
    agent = make(vectorstore("data"), {"shared/a.md": "text", "data/b.md": "b"})
    (agent.parent / "data" / "link.md").symlink_to("../shared/a.md")
    (agent.parent / "data" / "folder").symlink_to("../shared")
    bundle = bundle_of(agent)
    assert paths(bundle) == ["agent.yaml", "data/b.md", "data/folder/a.md", "data/link.md"]
    linked = bundle.get("data/link.md")
    assert linked is not None
    assert linked.open().read() == b"text"


@posix
@pytest.mark.parametrize(
    ("target", "code", "reason"),
    [
        ("..", "file-unreadable", "its symlink leads round in a circle"),
        (".", "file-unreadable", "its symlink leads round in a circle"),
        ("loop", "file-unreadable", "its symlinks lead round in a circle"),
        ("/etc", "file-outside", "its symlink leads out of the agent's folder"),
        ("../../elsewhere.md", "file-outside", "its symlink leads out of the agent's folder"),
        ("nothing", "file-missing", "it is a symlink to nothing"),
    ],
)
def test_symlinks_that_cannot_ship(
    bundle_of: Bundles, make: Make, tmp_path: Path, target: str, code: str, reason: str
) -> None:
    (tmp_path / "elsewhere.md").write_text("not the agent's")
    agent = make(vectorstore("data"), {"data/a.md": "x"})
    (agent.parent / "data" / "loop").symlink_to(target)
    error = refused(bundle_of, agent)
    assert (error.code, error.reason) == (code, reason)
    assert error.details[0].startswith("agent.yaml:5  tools[0].source: data/loop: ")


@posix
def test_symlinks_that_multiply_are_stopped(bundle_of: Bundles, make: Make) -> None:
    agent = make(vectorstore("data/0"), {"data/8/a.md": "x"})
    for level in range(8):
        folder = agent.parent / "data" / str(level)
        folder.mkdir(parents=True)
        for name in "abcd":
            (folder / name).symlink_to(f"../{level + 1}")
    error = refused(bundle_of, agent)
    assert error.code == "file-unreadable"
    assert any("too many ways" in line for line in error.details)


@posix
def test_a_pipe_and_a_socket_do_not_hang_the_walk(bundle_of: Bundles, make: Make) -> None:
    agent = make(vectorstore("data"), {"data/a.md": "x"})
    os.mkfifo(agent.parent / "data" / "pipe")
    before = Path.cwd()
    os.chdir(agent.parent / "data")
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket")  # by a short name: the whole path may be too long for one
            error = refused(bundle_of, agent)
    finally:
        os.chdir(before)
    assert error.code == "file-unreadable"
    assert [line.rpartition(": ")[0] for line in error.details] == [
        "agent.yaml:5  tools[0].source: data/pipe",
        "agent.yaml:5  tools[0].source: data/socket",
    ]


# As root nothing is unreadable: the bundle is made under another user then.
AS_NOBODY = """
import os, sys
from pathlib import Path
from holodeck_tui.bundle.collect import collect
from holodeck_tui.config.resolve import load_settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError

settings = load_settings(Path(sys.argv[1]), environ={}, cwd=Path("/"), home=Path("/"), need_target=False)
if not os.geteuid():
    os.seteuid(65534)
try:
    collect(settings, Context())
except DeploymentError as error:
    print(error.code, *error.details, sep="\\n")
"""


@posix
def test_unreadable_files_and_folders() -> None:
    with tempfile.TemporaryDirectory() as folder:
        agent = Path(folder) / "agent.yaml"
        agent.write_text(HEAD + vectorstore("data"))
        closed = agent.parent / "data" / "closed"
        closed.mkdir(parents=True)
        (agent.parent / "data" / "a.md").touch(mode=0)
        closed.chmod(0)
        agent.parent.chmod(0o755)
        command = [sys.executable, "-c", AS_NOBODY, str(agent)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        closed.chmod(0o700)
    assert done.stdout.splitlines() == [
        "file-unreadable",
        "agent.yaml:5  tools[0].source: data/closed: it may not be read by this user",
        "agent.yaml:5  tools[0].source: data/a.md: it may not be read by this user",
    ]


@posix
@pytest.mark.parametrize(
    "name", [b"new\nline.md", b"esc\x1b[2J.md", b"latin-\xe9.md", b"back\\slash.md", b"nel\xc2\x85"]
)
def test_names_that_nothing_can_carry(bundle_of: Bundles, make: Make, name: bytes) -> None:
    agent = make(vectorstore("data"), {"data/a.md": "x"})
    with open(os.fsencode(agent.parent) + b"/data/" + name, "wb") as file:
        file.write(b"x")
    error = refused(bundle_of, agent)
    assert error.code == "file-name"
    assert error.remedy == "Rename the files."
    assert all(char.isprintable() for char in "".join(error.details))


@posix
@pytest.mark.parametrize(
    "name",
    [
        "a b.md",
        " lead.md",
        "trail ",
        "$(touch x).md",
        "`x`.md",
        "-rf",
        "quote'\".md",
        "日本語.md",
        "#x",
        "!x",
        "a:b",
        "x" * 200,
        "[1].md",
        "*.md",
        "~",
        "%41",
        "CON",
        "dot.",
        "\u202eexe.md",
    ],
)
def test_odd_names_ship(bundle_of: Bundles, make: Make, name: str) -> None:
    assert paths(bundle_of(make(vectorstore("data"), {f"data/{name}": "x"}))) == [
        "agent.yaml",
        f"data/{name}",
    ]


@posix
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_normalisation_of_names_does_not_matter(
    bundle_of: Bundles, make: Make, form: str, written: str
) -> None:
    def as_form(text: str, form: str) -> str:
        return unicodedata.normalize(form, text)  # type: ignore[arg-type]

    agent = make(
        f"instructions: {{file: {as_form('café/é.md', written)}}}\n",
        {f"{as_form('café', form)}/{as_form('é.md', form)}": "x"},
    )
    bundle = bundle_of(agent)
    assert paths(bundle) == ["agent.yaml", "café/é.md"]
    shipped = bundle.get("agent.yaml")
    assert shipped is not None
    assert "file: café/é.md".encode() in shipped.open().read()


def test_names_that_differ_in_case_only_are_a_warning(bundle_of: Bundles, make: Make) -> None:
    agent = make(vectorstore("data"), {"data/A.md": "x", "data/a.md": "y"})
    if len(list((agent.parent / "data").iterdir())) < 2:
        pytest.skip("this disk does not tell upper from lower case")
    assert bundle_of(agent).warnings == (
        "data/A.md and data/a.md differ in upper and lower case only: Windows and macOS keep one of them.",
    )


def test_a_named_file_that_is_ignored_is_an_error(bundle_of: Bundles, make: Make) -> None:
    files = {"a.md": "x", ".dockerignore": "# prompts\n*.md\n"}
    error = refused(bundle_of, make("instructions: {file: a.md}\n", files))
    assert error.code == "file-ignored"
    assert "line 2 of .dockerignore (*.md) leaves it out (add !a.md below)" in error.details[0]
    files[".dockerignore"] += "!a.md\n"
    assert paths(bundle_of(make("instructions: {file: a.md}\n", files))) == ["a.md", "agent.yaml"]


def test_a_folder_of_which_all_is_ignored_is_an_error(bundle_of: Bundles, make: Make) -> None:
    agent = make(vectorstore("data"), {"data/a.log": "x", ".dockerignore": "**/*.log\n"})
    assert refused(bundle_of, agent).code == "file-ignored"


def test_a_dockerignore_that_docker_refuses(bundle_of: Bundles, make: Make) -> None:
    error = refused(bundle_of, make(files={".dockerignore": "ok\n[a\n"}))
    assert error.code == "file-unreadable"
    assert error.reason.startswith("line 2: ")


def test_a_negation_below_an_ignored_folder(bundle_of: Bundles, make: Make) -> None:
    files = {"data/x/keep.md": "x", "data/x/drop.md": "x", ".dockerignore": "data/x\n!data/x/keep.md\n"}
    assert paths(bundle_of(make(vectorstore("data"), files))) == ["agent.yaml", "data/x/keep.md"]


@pytest.mark.parametrize(
    ("pattern", "ships"),
    [
        ("docs/*.md", ["docs/a.md"]),
        ("docs/**/*.md", ["docs/a.md", "docs/deep/b.md"]),
        ("docs/*", ["docs/a.md", "docs/deep/b.md", "docs/deep/c.txt"]),
        ("docs/[ab].md", ["docs/a.md"]),
        ("**/*.txt", ["docs/deep/c.txt"]),
    ],
)
def test_globs(bundle_of: Bundles, make: Make, pattern: str, ships: list[str]) -> None:
    files = {"docs/a.md": "a", "docs/deep/b.md": "b", "docs/deep/c.txt": "c"}
    bundle = bundle_of(make(vectorstore(pattern), files))
    assert paths(bundle) == ["agent.yaml", *ships]
    assert "takes a glob for one name" in bundle.warnings[0]


def test_a_glob_without_a_match_is_missing(bundle_of: Bundles, make: Make) -> None:
    error = refused(bundle_of, make(vectorstore("docs/*.md"), {"docs/a.txt": "x"}))
    assert (error.code, error.reason) == ("file-missing", "it matches no file")


def test_the_whole_folder_ships_without_what_is_not_the_agents(bundle_of: Bundles, make: Make) -> None:
    files = {
        "a.md": "x",
        ".git/config": "x",
        ".holodeck/deployments.json": "{}",
        "__pycache__/a.pyc": "x",
        "deploy.yaml": "target: local\n",
        ".dockerignore": "skip\n",
        "skip/b.md": "x",
        "config.yml": "execution: {}\n",
    }
    assert paths(bundle_of(make(vectorstore("."), files))) == ["a.md", "agent.yaml", "config.yml"]
