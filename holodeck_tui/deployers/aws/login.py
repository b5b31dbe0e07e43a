"""The login to AWS: which one there is, by files and variables alone, and whose AWS says it is."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from holodeck_tui.core.context import Context
from holodeck_tui.deployers.aws.client import LIST, Aws, require_boto3
from holodeck_tui.deployers.aws.discover import region_of_shell
from holodeck_tui.deployers.login import Login

# What makes a profile one that can log in ("AWS SDKs and Tools Reference Guide").
_WAYS = {
    "aws_access_key_id": "a key",
    "sso_session": "single sign-on",
    "sso_start_url": "single sign-on",
    "login_session": "aws login",
    "role_arn": "a role",
    "credential_process": "a program of its own",
    "web_identity_token_file": "a web identity",
}
# Variables with which a machine of AWS's gives its programs a login.
_GIVEN = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def known(environ: Mapping[str, str]) -> Login:
    """A machine of AWS's own may have a login that stands in no file; only AWS could tell."""
    if find_spec("botocore") is None:
        return Login("aws", "none", "its package is not installed", "pip install 'holodeck-deploy-tui[aws]'")
    if environ.get("AWS_ACCESS_KEY_ID"):
        return Login("aws", "skip", "a key in AWS_ACCESS_KEY_ID")
    if any(environ.get(name) for name in _GIVEN):
        return Login("aws", "skip", "the login of this machine's role")
    profile = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    said = _profile(environ, profile)
    way = next((words for key, words in _WAYS.items() if said.get(key)), None)
    if way is None:
        return Login("aws", "none", "no login here; only a deploy to AWS needs one", "aws configure sso")
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or said.get("region")
    return Login("aws", "skip", f"profile {profile}, {way}" + (f", {region}" if region else ""))


def who(ctx: Context) -> str:
    """Asks AWS. Raises what a missing package or login is."""
    require_boto3()
    region = region_of_shell()
    answer = Aws(region, ctx, LIST).ask("sts", "get_caller_identity", "tell who asks")
    return f"{answer['Arn']}, {region}"


def _profile(environ: Mapping[str, str], name: str) -> dict[str, str]:
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home()) / ".aws"
    files = (
        (Path(environ.get("AWS_CONFIG_FILE") or home / "config"), {name, f"profile {name}"}),
        (Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials"), {name}),
    )
    found: dict[str, str] = {}
    for path, sections in files:
        said = configparser.RawConfigParser(strict=False, default_section="\0")
        try:
            said.read_string(path.read_text("utf-8"))
        except (OSError, ValueError, configparser.Error):
            continue
        for section in sections & set(said.sections()):
            found.update(said.items(section))
    return found
