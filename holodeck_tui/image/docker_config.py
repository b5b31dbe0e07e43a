"""Logins that ``docker login`` left: the docker config file and the credential helpers it names.

Not docker-py's reader: its helpers run without a deadline and cannot be cancelled, and importing it
costs more than a whole push of a changed agent.
"""

from __future__ import annotations

import base64
import binascii
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.reference import HUB

# What docker login has written for the Hub since its first days.
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io")
# A helper may have to unlock a keychain, but it never asks anything in a terminal.
_HELPER_SECONDS = 30.0
_POLL_SECONDS = 0.1
# docker-credential-helpers: credentials/error.go
_NOT_FOUND = "credentials not found in native keychain"
_TOKEN_USER = "<token>"  # noqa: S105 - a user name that says "the secret is an identity token"


def config_file(environ: Mapping[str, str]) -> Path:
    """Where docker's config stands: ``DOCKER_CONFIG`` is a folder; default ``~/.docker``."""
    folder = environ.get("DOCKER_CONFIG")
    return (Path(folder) if folder else _home(environ) / ".docker") / "config.json"


def find_login(host: str, ctx: Context) -> Credential | None:
    """The login for the registry ``host``: its own helper, then the common store, then the file itself.

    A helper that has nothing falls through; one that is missing or fails raises ``credential-helper``.
    """
    config = _read(config_file(ctx.environ))
    keys = _HUB_KEYS if host == HUB else (host, f"https://{host}", f"http://{host}")
    helpers = config.get("credHelpers") or {}
    for key in (*keys, host):
        if helpers.get(key):
            found = _ask(str(helpers[key]), key, ctx)
            if found:
                return found
    auths = config.get("auths") or {}
    if config.get("credsStore"):
        for key in keys:
            found = _ask(str(config["credsStore"]), key, ctx)
            if found:
                return found
    for key, entry in auths.items():
        if isinstance(entry, dict) and _host(key) in {_host(name) for name in (*keys, host)}:
            found = _entry(entry, config_file(ctx.environ))
            if found:
                return found
    return None


def _home(environ: Mapping[str, str]) -> Path:
    named = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(named) if named else Path.home()


def _host(key: str) -> str:
    return key.partition("://")[2].partition("/")[0] if "://" in key else key.partition("/")[0]


def _read(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise _broken(path, "it cannot be read or is not JSON") from error
    if not isinstance(config, dict):
        raise _broken(path, "it is not a JSON object")
    return config


def _entry(entry: Mapping[str, Any], path: Path) -> Credential | None:
    if entry.get("registrytoken"):
        return Credential("", bearer=str(entry["registrytoken"]), origin="docker config")
    username, password = str(entry.get("username") or ""), str(entry.get("password") or "")
    if entry.get("auth"):
        try:
            plain = base64.b64decode(str(entry["auth"]), validate=False).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise _broken(path, "an auth entry is not base64") from error
        username, _, password = plain.partition(":")
        password = password.strip("\x00")
    if entry.get("identitytoken"):
        return Credential(username, identity_token=str(entry["identitytoken"]), origin="docker config")
    if username or password:
        return Credential(username, password, origin="docker config")
    return None


def _ask(helper: str, key: str, ctx: Context) -> Credential | None:
    program = f"docker-credential-{helper}"
    path = shutil.which(program, path=ctx.environ.get("PATH"))
    if path is None:
        raise _helper_failed(program, "the docker config names it, but it is not on PATH")
    status, out, err = _run([path, "get"], key, program, ctx)
    if status != 0:
        said = ctx.redactor.clean((out.strip() or err.strip()).replace("\n", " "))
        if _NOT_FOUND in said:
            return None
        raise _helper_failed(program, said or f"it ended with exit code {status}")
    try:
        answer = json.loads(out)
        username, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise _helper_failed(program, "its answer is not the JSON that helpers give") from error
    if username == _TOKEN_USER:
        return Credential(username, identity_token=secret, origin=program)
    return Credential(username, secret, origin=program) if secret else None


def _run(command: list[str], text: str, program: str, ctx: Context) -> tuple[int, str, str]:
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(ctx.environ),
        )
    except OSError as error:
        raise _helper_failed(program, error.strerror or "it cannot be started") from error
    waited, given = 0.0, text
    try:
        while True:
            ctx.cancel.check()
            try:
                out, err = process.communicate(given or None, timeout=_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                given, waited = "", waited + _POLL_SECONDS
                if waited >= _HELPER_SECONDS:
                    raise _helper_failed(program, f"it gave no answer within {_HELPER_SECONDS:g} s") from None
            else:
                return process.returncode, out, err
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _helper_failed(program: str, why: str) -> DeploymentError:
    return DeploymentError(
        "credential-helper",
        f"The credential helper {program} gave no credentials.",
        reason=why,
        remedy="Repair it, or set HOLODECK_REGISTRY_USERNAME and HOLODECK_REGISTRY_PASSWORD.",
    )


def _broken(path: Path, why: str) -> DeploymentError:
    return DeploymentError(
        "credential-helper",
        f"The docker config {path} cannot be used.",
        reason=why,
        remedy="Repair it, or set HOLODECK_REGISTRY_USERNAME and HOLODECK_REGISTRY_PASSWORD.",
    )
