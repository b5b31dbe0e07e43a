"""Where ${VAR} comes from, and that its value shows nowhere by accident."""

from __future__ import annotations

import pytest

from holodeck_tui.config.variables import Variables
from holodeck_tui.core.errors import DeploymentError

pytestmark = pytest.mark.unit


@pytest.fixture
def places(tmp_path):
    cwd, agent_dir, home = tmp_path / "cwd", tmp_path / "agent", tmp_path / "home"
    for folder in (cwd, agent_dir, home / ".holodeck"):
        folder.mkdir(parents=True)
    return cwd, agent_dir, home


def variables(places, environ=None):
    cwd, agent_dir, home = places
    return Variables(environ or {}, cwd=cwd, agent_dir=agent_dir, home=home)


def test_the_shell_wins_then_env_here_then_beside_the_agent_then_at_home(places):
    cwd, agent_dir, home = places
    (home / ".holodeck" / ".env").write_text("A=home\nB=home\nC=home\nD=home\n")
    (agent_dir / ".env").write_text("A=agent\nB=agent\nC=agent\n")
    (cwd / ".env").write_text("A=cwd\nB=cwd\n")
    found = variables(places, {"A": "shell"})
    assert [found.get(name) for name in "ABCDE"] == ["shell", "cwd", "agent", "home", None]
    assert [found.source(name) for name in "ABCDE"] == ["shell", ".env", ".env", "~/.holodeck/.env", None]


def test_values_are_taken_as_they_stand(places):
    (places[0] / ".env").write_text(
        "\ufeffFIRST=1\n# comment\nexport SPACED = 'a b # c'\nMULTI=\"one\\ntwo\"\nDOLLAR=${FIRST}-$FIRST\n"
        "EMPTY=\nBARE\n",
        encoding="utf-8",
    )
    found = variables(places)
    assert found.get("FIRST") == "1"
    assert found.get("SPACED") == "a b # c"
    assert found.get("MULTI") == "one\ntwo"
    assert found.get("DOLLAR") == "${FIRST}-$FIRST"
    assert found.get("EMPTY") == ""
    assert found.get("BARE") is None


def test_expanding_replaces_once_and_names_all_that_is_missing(places):
    found = variables(places, {"A": "${B}", "B": "x", "EMPTY": ""})
    assert found.expand("<${A}|${B}|${EMPTY}|$B|${B:-y}|${1}>") == "<${B}|x||$B|${B:-y}|${1}>"
    assert found.references("${A} ${B} ${A}") == ("A", "B")
    with pytest.raises(DeploymentError) as caught:
        found.expand("${GONE} ${A} ${LOST}")
    assert caught.value.code == "variable-missing"
    assert "GONE, LOST" in caught.value.message
    assert caught.value.remedy.startswith("export GONE=… LOST=…  (")


def test_no_value_in_the_repr_and_all_secrets_for_the_mask(places):
    (places[0] / ".env").write_text("PLAIN=from-the-file\nDB_PASSWORD=in-the-file\n")
    found = variables(places, {"API_KEY": "canary-in-shell", "HOME": "/root", "REGION": "eu"})
    assert "canary" not in repr(found)
    assert found.secrets() == ("canary-in-shell", "in-the-file")
    assert found.secrets(["REGION"]) == ("canary-in-shell", "eu", "in-the-file")
    assert found.names_in_files() == {"PLAIN", "DB_PASSWORD"}


@pytest.mark.parametrize("content", [b"A=\xff\xfe\n"])
def test_an_env_file_that_cannot_be_read_is_told(places, content):
    (places[0] / ".env").write_bytes(content)
    with pytest.raises(DeploymentError) as caught:
        variables(places).get("A")
    assert caught.value.code == "file-unreadable"
    assert "UTF-8" in caught.value.reason


def test_a_folder_named_env_is_no_env_file(places):
    (places[0] / ".env").mkdir()
    assert variables(places).get("A") is None
