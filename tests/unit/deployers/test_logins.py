"""The logins that are there by files and variables alone: no secret is read out, nobody is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holodeck_tui.core.context import Context
from holodeck_tui.deployers import logins
from holodeck_tui.deployers.login import Login
from holodeck_tui.deployers.logins import ask_logins, known_logins

SECRET = "a-secret-nobody-may-see"


def known(home: Path, **environ: str) -> dict[str, Login]:
    found = known_logins(Context(environ={"HOME": str(home), **environ}))
    assert SECRET not in repr(found)
    return {one.provider: one for one in found}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_where_nobody_is_logged_in_each_cloud_says_how_to(tmp_path: Path) -> None:
    found = known(tmp_path)
    assert {one.status for one in found.values()} == {"none"}
    assert found["aws"].remedy == "aws configure sso"
    assert found["gcp"].remedy == "gcloud auth application-default login"
    assert found["azure"].remedy == "az login"


@pytest.mark.parametrize(
    ("files", "environ", "told"),
    [
        ({"config": "[default]\nsso_session = x\nregion = eu-west-1\n"}, {}, "single sign-on, eu-west-1"),
        ({"credentials": f"[default]\naws_secret_access_key={SECRET}\naws_access_key_id=A\n"}, {}, "a key"),
        ({"config": "[profile work]\nrole_arn = x\n"}, {"AWS_PROFILE": "work"}, "profile work, a role"),
        ({}, {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": SECRET}, "AWS_ACCESS_KEY_ID"),
        ({}, {"AWS_WEB_IDENTITY_TOKEN_FILE": "x"}, "this machine's role"),
        # A region alone is no login.
        ({"config": "[default]\nregion = eu-west-1\n"}, {}, None),
        ({"config": "no section at all"}, {}, None),
    ],
)
def test_aws(files: dict[str, str], environ: dict[str, str], told: str | None, tmp_path: Path) -> None:
    for name, text in files.items():
        write(tmp_path / ".aws" / name, text)
    one = known(tmp_path, **environ)["aws"]
    assert one.status == ("none" if told is None else "skip")
    assert told is None or told in one.detail


def test_google_knows_gclouds_login_from_that_of_programs(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "gcloud"
    write(folder / "configurations" / "config_default", "[core]\naccount = me@x.org\nproject = my-project\n")
    alone = known(tmp_path)["gcp"]
    assert alone.status == "none"
    assert "gcloud is logged in as me@x.org" in alone.detail
    login = {"type": "authorized_user", "refresh_token": SECRET, "account": "me@x.org"}
    write(folder / "application_default_credentials.json", json.dumps(login))
    both = known(tmp_path)["gcp"]
    assert (both.status, both.detail) == ("skip", "me@x.org, project my-project")


def test_a_google_service_account_is_named_by_its_key(tmp_path: Path) -> None:
    key = {"type": "service_account", "client_email": "ci@p.iam", "private_key": SECRET, "project_id": "p"}
    write(tmp_path / "key.json", json.dumps(key))
    one = known(tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "key.json"))["gcp"]
    assert (one.status, one.detail) == ("skip", "ci@p.iam, project p")


def test_azure(tmp_path: Path) -> None:
    profile = {
        "subscriptions": [
            {"id": "1", "name": "Other", "isDefault": False, "user": {"name": "other@x.org"}},
            {"id": "2", "name": "Pay as you go", "isDefault": True, "user": {"name": "me@x.org"}},
        ]
    }
    write(tmp_path / ".azure" / "azureProfile.json", "\ufeff" + json.dumps(profile))
    assert known(tmp_path)["azure"].detail == "me@x.org, subscription Pay as you go"
    named = known(tmp_path, AZURE_CLIENT_ID="app", AZURE_CLIENT_SECRET=SECRET, AZURE_SUBSCRIPTION_ID="3")
    assert named["azure"].detail == "the application app, subscription 3"


def test_a_package_that_is_not_there_is_what_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holodeck_tui.deployers.aws.login.find_spec", lambda _name: None)
    assert known(tmp_path)["aws"].remedy == "pip install 'holodeck-deploy-tui[aws]'"


def test_a_cloud_that_does_not_answer_leaves_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "PATIENCE", 0.2)
    # It names a program that never ends: botocore waits for it.
    write(tmp_path / ".aws" / "config", "[default]\nregion = us-east-1\ncredential_process = sleep 30\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws" / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    one = known(tmp_path)["aws"]
    (after,) = ask_logins([one], Context(environ={"HOME": str(tmp_path)}))
    assert after.status == "skip"
    assert after.detail == f"{one.detail}; AWS gave no answer within 0.2 s"
