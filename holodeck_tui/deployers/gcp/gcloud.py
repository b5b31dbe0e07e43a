"""What gcloud left in its files: its account, project and region. Reads no secret and asks nobody."""

from __future__ import annotations

import configparser
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_ADC = "application_default_credentials.json"


@dataclass(frozen=True)
class Gcloud:
    """As ``gcloud config list`` shows it, variables first; empty where nothing is said.

    ``login`` is the kind of the login that programs use (``authorized_user`` …), ``account`` gcloud's own,
    which programs do not use.
    """

    account: str = ""
    project: str = ""
    region: str = ""
    login: str = ""
    owner: str = ""


def read_gcloud(environ: Mapping[str, str]) -> Gcloud:
    """Read the active configuration and the application default credentials."""
    folder = _folder(environ)
    name = environ.get("CLOUDSDK_ACTIVE_CONFIG_NAME") or _text(folder / "active_config").strip() or "default"
    said = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        said.read_string(_text(folder / "configurations" / f"config_{name}"))
    except configparser.Error:
        said = configparser.ConfigParser()
    named = environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    login = _json(Path(named) if named else folder / _ADC)
    owner = str(login.get("client_email") or login.get("account") or "")
    project = (
        environ.get("GOOGLE_CLOUD_PROJECT")
        or environ.get("CLOUDSDK_CORE_PROJECT")
        or str(login.get("project_id") or "")
        or _said(said, "core", "project")
        or str(login.get("quota_project_id") or "")
    )
    region = (
        environ.get("CLOUDSDK_RUN_REGION")
        or environ.get("CLOUDSDK_COMPUTE_REGION")
        or _said(said, "run", "region")
        or _said(said, "compute", "region")
    )
    account = environ.get("CLOUDSDK_CORE_ACCOUNT") or _said(said, "core", "account")
    return Gcloud(account, project, region, str(login.get("type") or ""), owner)


def _said(said: configparser.ConfigParser, section: str, name: str) -> str:
    return str(said.get(section, name, fallback="") or "")


def _folder(environ: Mapping[str, str]) -> Path:
    if named := environ.get("CLOUDSDK_CONFIG"):
        return Path(named)
    if environ.get("APPDATA"):
        return Path(environ["APPDATA"]) / "gcloud"
    return Path(environ.get("HOME") or Path.home()) / ".config" / "gcloud"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(_text(path))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
