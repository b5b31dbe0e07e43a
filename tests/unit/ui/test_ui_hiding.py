"""What a diff shows of a file that has secrets in plain text."""

from __future__ import annotations

from pathlib import Path

import pytest

from holodeck_tui.ui.edited_file import EditedFile
from holodeck_tui.ui.hiding import shown_lines

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "deployment:\n  environment:\n    WEBHOOK_TOKEN: canary   # canary\n",
        "deployment:\n  environment:\n    PASSWORD: 'it''s canary'\n",
        "environment: {LEVEL: info, API_KEY: canary, OTHER: 1}\n",
        'environment: {"API_KEY": "a, canary"}\n',
        "environment:\n  PRIVATE_KEY: |\n    a\n\n    canary\n  LEVEL: info\n",
        "environment:\n  PRIVATE_KEY:\n    canary\n",
        "environment:\n  API_KEY: one\n    canary\n",
        "#  WEBHOOK_TOKEN: canary\n",
        "deployment:\n  environment:\n    WEBHOOK_TOKEN: canary\n   [: broken\n",
        "tools:\n  - name: search\n    api_key: canary\n",
        "environment:\n  db_credentials: canary-77\n",
        "environment:\n  STORE: https://user:canary-77@example.com/\n",
        "environment:\n  A: &a canary-77\n  B_TOKEN: *a\n",
    ],
)
def test_a_plain_secret_is_not_shown(text: str) -> None:
    shown = shown_lines(text)
    assert "canary" not in "\n".join(shown)
    assert "***" in "\n".join(shown)
    assert len(shown) == len(text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "environment:\n  OPENAI_API_KEY: ${OPENAI_API_KEY}\n  LEVEL: info\n",
        "environment: {OPENAI_API_KEY: '${OPENAI_API_KEY}', MAX_TOKENS: 100}\n",
        "secrets:\n  API_KEY:\n    env: MY_NAME\n  OTHER_TOKEN: {ref: vault/path}\n",
        "registry:\n  credentials_env_prefix: ACME\n  url: ghcr.io/acme\n",
        "#  API_KEY:\ndeployment:\n  port: 8080\n",
        "tools:\n  - token: ${A}\n    name: search\n",
    ],
)
def test_the_rest_is_shown_as_it_is(text: str) -> None:
    assert shown_lines(text) == text.splitlines()


def test_a_secret_that_changes_is_a_change_that_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text("name: a\nenvironment:\n  API_KEY: canary-one\n")
    file = EditedFile(path)
    file.take("name: a\nenvironment:\n  API_KEY: canary-two\n  LEVEL: info\n")
    assert file.diff() == [
        "@@ -1,3 +1,4 @@",
        " name: a",
        " environment:",
        "-  API_KEY: ***",
        "+  API_KEY: ***",
        "+  LEVEL: info",
    ]
