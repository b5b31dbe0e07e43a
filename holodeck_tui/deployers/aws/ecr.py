"""Amazon's registries: whose they are, a login for a push, a repository where there is none."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws import tags
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.image.credential import Credential

PUBLIC = "public.ecr.aws"
# ecr-public has one endpoint for the whole partition ("Amazon ECR Public endpoints and quotas").
_PUBLIC_REGION = "us-east-1"
# "Amazon ECR endpoints": every partition's domain; dual-stack hosts end in on.aws.
_PRIVATE = re.compile(r"(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-\d{1,2})\.[a-z0-9.-]+")


@dataclass(frozen=True)
class EcrHost:
    """A private registry: one for each account and region."""

    account: str
    region: str


def parse_host(host: str) -> EcrHost | None:
    """Account and region of a private ECR registry; None for every other host."""
    found = _PRIVATE.fullmatch(host)
    return EcrHost(found[1], found[2]) if found else None


class EcrCredentials:
    """Logs in to ECR by the AWS identity. A token lives 12 hours and is asked for anew each time."""

    def credential(self, host: str, ctx: Context) -> Credential | None:
        """See :class:`~holodeck_tui.image.credentials.CredentialSource`."""
        where = parse_host(host)
        if where is not None:
            answer = Aws(where.region, ctx).ask("ecr", "get_authorization_token", f"log in to {host}")
            data = answer["authorizationData"][0]
        elif host == PUBLIC:
            answer = Aws(_PUBLIC_REGION, ctx).ask(
                "ecr-public", "get_authorization_token", f"log in to {host}"
            )
            data = answer["authorizationData"]
        else:
            return None
        token = str(data["authorizationToken"])
        ctx.redactor.add(token)
        return _credential(token, host)


def create_repository(image_name: str, agent: str, ctx: Context) -> bool:
    """Make the repository of ``host/path``; False where it is there, or not in a private ECR."""
    host, _, path = image_name.partition("/")
    where = parse_host(host)
    if where is None:
        return False
    try:
        Aws(where.region, ctx).change(
            "ecr",
            "create_repository",
            f"make the repository {image_name}",
            registryId=where.account,
            repositoryName=path,
            tags=tags.as_list(tags.identity_tags(agent, None)),
        )
    except AwsError as error:
        if error.kind == "exists":
            return False
        raise
    return True


def has_repository(image_name: str, ctx: Context) -> bool:
    """Whether a private ECR has the repository ``host/path``. Raises AwsError."""
    host, _, path = image_name.partition("/")
    where = parse_host(host)
    if where is None:
        return False
    try:
        Aws(where.region, ctx).ask(
            "ecr",
            "describe_repositories",
            f"look at the repository {image_name}",
            registryId=where.account,
            repositoryNames=[path],
        )
    except AwsError as error:
        if error.kind == "gone":
            return False
        raise
    return True


def _credential(token: str, host: str) -> Credential:
    try:
        user, colon, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise DeploymentError(
            "registry-error",
            f"The login for {host} cannot be used.",
            reason="what AWS answered is not a login",
            remedy=f"aws ecr get-login-password  (to see what AWS says about {host})",
        )
    return Credential(user, password, origin="the AWS identity")
