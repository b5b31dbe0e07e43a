"""Credentials are refused in data folders by name, and everywhere by content, unless they are allowed."""

from __future__ import annotations

import json
import subprocess

import pytest

from holodeck_tui.bundle.lint import SNIFF_BYTES, suspicious_content, suspicious_name
from holodeck_tui.core.errors import DeploymentError

from .conftest import Bundles, Make, paths, vectorstore

pytestmark = pytest.mark.unit

ACCOUNT = json.dumps(
    {"type": "service_account", "project_id": "p", "private_key": "none here", "client_email": "e"}
)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A real private key, made for this run."""
    path = tmp_path_factory.mktemp("key") / "made"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path.read_text()


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "data/.env",
        ".env.production",
        "prod.env",
        "server.pem",
        "SERVER.PEM",
        "tls.key",
        "id_rsa",
        "id_ed25519",
        "store.p12",
        "my-credentials.json",
        "service-account.json",
        "prod_service_account_key.json",
        ".npmrc",
        ".pypirc",
        ".netrc",
        ".git-credentials",
        "a/.aws/credentials",
        "a/.docker/config.json",
        "a/.kube/config",
        "state.tfstate",
    ],
)
def test_names_of_credentials(path: str) -> None:
    assert suspicious_name(path)


@pytest.mark.parametrize(
    "path",
    [
        ".env.example",
        ".env.sample",
        "id_rsa.pub",
        "keys.md",
        "environment.md",
        "config.json",
        "keyboard.txt",
        "pem.md",
        "docs/credentials.md",
        "envelope.json",
        "a/kube/config",
        "monkey.json",
    ],
)
def test_names_that_are_none(path: str) -> None:
    assert suspicious_name(path) is None


def test_a_key_is_found_by_its_content(key: str) -> None:
    assert suspicious_content(key.encode())
    assert suspicious_content(json.dumps({"k": key}).encode())
    assert suspicious_content(b"intro\n" + key.replace("\n", "\r\n").encode())
    assert suspicious_content(ACCOUNT.encode())


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "A PRIVATE KEY starts with -----BEGIN PRIVATE KEY-----",
        '{"type": "object", "properties": {"private_key": {"type": "string"}}}',
        '{"type": "service_account"}',
        "",
    ],
)
def test_talk_about_keys_is_no_key(text: str) -> None:
    assert suspicious_content(text.encode()) is None


def test_a_hostile_beginning_does_not_stall_the_search() -> None:
    import time

    started = time.thread_time()
    suspicious_content(b"-----BEGIN PRIVATE KEY-----\n" + b"Ab: c\n" * (SNIFF_BYTES // 6))
    suspicious_content(b"-----BEGIN PRIVATE KEY-----" * (SNIFF_BYTES // 27))
    suspicious_content(b'"type"' + b" " * SNIFF_BYTES)
    assert time.thread_time() - started < 1


def test_credentials_in_a_data_folder_are_refused(bundle_of: Bundles, make: Make, key: str) -> None:
    agent = make(
        vectorstore("data"),
        {"data/.env": "A=b", "data/notes.txt": key, "data/a.json": ACCOUNT, "data/ok.md": "x"},
    )
    with pytest.raises(DeploymentError) as caught:
        bundle_of(agent)
    error = caught.value
    assert error.code == "file-secret"
    assert sorted(error.details) == [
        "agent.yaml:5  tools[0].source: data/.env: its name looks like a credential (.env)",
        "agent.yaml:5  tools[0].source: data/a.json: it is a Google credentials file",
        "agent.yaml:5  tools[0].source: data/notes.txt: it holds a private key",
    ]
    for name in ("data/.env", "data/notes.txt", "data/a.json"):
        assert name in error.remedy
    assert key.splitlines()[1] not in str(error) + error.remedy + "".join(error.details)


@pytest.mark.parametrize("allow", ["data/server.pem", "./data/server.pem", "data/*.pem", "**/*.pem", "data"])
def test_allowed_by_name(bundle_of: Bundles, make: Make, key: str, allow: str) -> None:
    files = {"data/server.pem": key, "deploy.yaml": f"allow_files: ['{allow}']\n"}
    agent = make(vectorstore("data"), files)
    if allow == "data":
        with pytest.raises(DeploymentError):
            bundle_of(agent)
    else:
        assert paths(bundle_of(agent)) == ["agent.yaml", "data/server.pem"]


def test_left_out_by_dockerignore(bundle_of: Bundles, make: Make, key: str) -> None:
    agent = make(
        vectorstore("data"), {"data/server.pem": key, "data/a.md": "x", ".dockerignore": "**/*.pem\n"}
    )
    assert paths(bundle_of(agent)) == ["agent.yaml", "data/a.md"]


def test_a_key_in_a_named_file_is_refused_too(bundle_of: Bundles, make: Make, key: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        bundle_of(make("instructions: {file: a.md}\n", {"a.md": key}))
    assert caught.value.code == "file-secret"


MCP = (
    "instructions: {inline: Hi.}\ntools:\n"
    "  - {name: t, description: d, type: mcp, command: npx, args: [x], env_file: .env}\n"
)


def test_an_env_file_ships_without_secrets_only(bundle_of: Bundles, make: Make) -> None:
    assert paths(bundle_of(make(MCP, {".env": "LANGUAGE=en\nAPI_TOKEN=\n"}))) == [".env", "agent.yaml"]
    with pytest.raises(DeploymentError) as caught:
        bundle_of(make(MCP, {".env": "LANGUAGE=en\nAPI_TOKEN=canary-value\n"}))
    error = caught.value
    assert error.code == "file-secret"
    assert "API_TOKEN" in error.reason
    assert "canary-value" not in str(error) + "".join(error.details)
