"""The one table of AWS: what its SDK raises → a code of ours, one sentence, one remedy.

Error codes are those of the API references of App Runner, ECS, ECR, Secrets Manager, SSM, CloudWatch Logs
and IAM ("Common Errors"); exceptions without an answer are classes of ``botocore.exceptions``, known here
by name so that nothing of the SDK is imported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import Redactor

Kind = Literal[
    "credentials",
    "profile",
    "region",
    "expired",
    "sso",
    "invalid-key",
    "permission",
    "closed",
    "assume-role",
    "quota",
    "busy",
    "exists",
    "gone",
    "throttled",
    "network",
    "server",
    "refused",
    "defect",
]


@dataclass(frozen=True)
class Cell:
    """What one kind of error becomes."""

    code: str
    reason: str
    remedy: str


LOGIN = "aws configure  (or export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…)"

CELLS: Mapping[Kind, Cell] = {
    "credentials": Cell("credentials-missing", "no AWS credentials were found", LOGIN),
    "profile": Cell("credentials-missing", "the AWS profile cannot be used", "aws configure list-profiles"),
    "region": Cell(
        "config-invalid",
        "the region is not known to AWS",
        "holodeck-deploy-tui set deployment.target.aws.region=us-east-1",
    ),
    "expired": Cell(
        "credentials-expired",
        "the AWS credentials have expired",
        "aws sso login  (or set new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN)",
    ),
    "sso": Cell("credentials-expired", "the AWS login has expired or was never made", "aws sso login"),
    "invalid-key": Cell(
        "credentials-invalid",
        "AWS does not accept the access key, or this machine's clock is wrong",
        "aws sts get-caller-identity  (and compare the clock: date -u)",
    ),
    "permission": Cell(
        "permission-denied",
        "the AWS identity may not do this",
        "aws sts get-caller-identity  (and have the missing action allowed for that identity)",
    ),
    "closed": Cell(
        "unsupported",
        "App Runner is not open to this AWS account: it takes no new customers since 2026-04-30",
        "Write in deploy.yaml: aws: {service: ecs-express}",
    ),
    "assume-role": Cell(
        "permission-denied",
        "AWS cannot assume a role that the settings name",
        "Let the role's trust policy name the service that assumes it; a new role takes some minutes.",
    ),
    "quota": Cell(
        "quota",
        "a quota of the AWS account is used up",
        "Remove what is not needed, or ask for more: https://console.aws.amazon.com/servicequotas",
    ),
    "busy": Cell(
        "busy", "another operation runs on it", "Run the same command again when that operation is over."
    ),
    "exists": Cell(
        "deploy-failed",
        "something of that name is there already and is not this deployment's",
        "Rename the agent, or remove what has the name.",
    ),
    "gone": Cell("not-deployed", "it is not there (any more)", "holodeck-deploy-tui deploy"),
    "throttled": Cell("throttled", "AWS asks to slow down", "Run the same command again in a minute."),
    "network": Cell(
        "network", "AWS does not answer from here", "Check the network and the proxy, then run it again."
    ),
    "server": Cell(
        "deploy-failed",
        "AWS has a fault of its own",
        "Run the same command again; if it stays so: https://health.aws.amazon.com",
    ),
    "refused": Cell("deploy-failed", "AWS refused the request", "Change what the reason names."),
    "defect": Cell(
        "deploy-failed", "the request does not fit the service's model", "holodeck-deploy-tui validate"
    ),
}

# Error codes of answers.
CODES: Mapping[str, Kind] = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"), "expired"),
    **dict.fromkeys(
        (
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "AuthFailure",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "InvalidAccessKeyId",
        ),
        "invalid-key",
    ),
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized", "OptInRequired"),
        "permission",
    ),
    **dict.fromkeys(
        ("ServiceQuotaExceededException", "LimitExceededException", "LimitExceeded", "QuotaExceeded"), "quota"
    ),
    **dict.fromkeys(
        (
            "InvalidStateException",
            "UpdateInProgressException",
            "ResourceInUseException",
            "ConflictException",
            "OperationAbortedException",
            "ConcurrentModification",
        ),
        "busy",
    ),
    **dict.fromkeys(
        (
            "RepositoryAlreadyExistsException",
            "ResourceExistsException",
            "ResourceAlreadyExistsException",
            "ParameterAlreadyExists",
            "EntityAlreadyExists",
        ),
        "exists",
    ),
    **dict.fromkeys(
        (
            "ResourceNotFoundException",
            "ServiceNotFoundException",
            "ClusterNotFoundException",
            "RepositoryNotFoundException",
            "ParameterNotFound",
            "NoSuchEntity",
            "ImageNotFoundException",
            "ServiceNotActiveException",
        ),
        "gone",
    ),
    **dict.fromkeys(
        (
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "RequestLimitExceeded",
            "TooManyRequestsException",
            "BandwidthLimitExceeded",
            "SlowDown",
            "PriorRequestNotComplete",
        ),
        "throttled",
    ),
}

# Classes of botocore.exceptions, the more special one of a family first.
CLASSES: Mapping[str, Kind] = {
    "NoCredentialsError": "credentials",
    "PartialCredentialsError": "credentials",
    "CredentialRetrievalError": "credentials",
    "NoAuthTokenError": "credentials",
    "MetadataRetrievalError": "credentials",
    "LoginRefreshRequired": "sso",
    "LoginTokenLoadError": "sso",
    "LoginError": "sso",
    "UnauthorizedSSOTokenError": "sso",
    "SSOTokenLoadError": "sso",
    "TokenRetrievalError": "sso",
    "SSOError": "sso",
    "ProfileNotFound": "profile",
    "ConfigNotFound": "profile",
    "ConfigParseError": "profile",
    "InvalidConfigError": "profile",
    "InfiniteLoopConfigError": "profile",
    "NoRegionError": "region",
    "InvalidRegionError": "region",
    "UnknownRegionError": "region",
    "UnknownEndpointError": "region",
    "ParamValidationError": "defect",
    "EndpointConnectionError": "network",
    "ConnectTimeoutError": "network",
    "ReadTimeoutError": "network",
    "ConnectionClosedError": "network",
    "ProxyConnectionError": "network",
    "SSLError": "network",
    "ConnectionError": "network",
    "HTTPClientError": "network",
    "ResponseStreamingError": "network",
    "IncompleteReadError": "network",
    "ProtocolError": "network",
}

_CLOSED = re.compile(r"no longer available to new customers|maintenance mode", re.IGNORECASE)
_ASSUME = re.compile(r"error in assuming|cannot assume role|unable to assume", re.IGNORECASE)
_EXISTS = re.compile(r"already exists", re.IGNORECASE)
_ACTION = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")
_NOT_FOUND_NAME = re.compile(r"(?:not found|does not exist)", re.IGNORECASE)
_LONGEST = 400


class AwsError(DeploymentError):
    """A translated error that remembers what AWS said: its ``kind``, and its own code, if any."""

    def __init__(self, kind: Kind, cell: Cell, message: str, *, reason: str, vendor_code: str = "") -> None:
        super().__init__(cell.code, message, reason=reason, remedy=cell.remedy)
        self.kind = kind
        self.vendor_code = vendor_code

    @property
    def transient(self) -> bool:
        """Whether asking again may help, without anybody doing anything."""
        return self.kind in {"throttled", "network", "server"}


class Answered(Exception):
    """An error answer with the id that AWS's support asks for. Its cause is the SDK's own exception."""


def named(error: Exception) -> Exception:
    """``error``, or the answer it came from with its request id; for the causes that -v shows."""
    answer = getattr(error, "response", None)
    metadata = answer.get("ResponseMetadata") if isinstance(answer, Mapping) else None
    if not metadata or not metadata.get("RequestId"):
        return error
    made = Answered(f"HTTP {metadata.get('HTTPStatusCode')}, request id {metadata['RequestId']}")
    made.__cause__ = error
    return made


def classify(error: BaseException) -> Kind | None:
    """The kind of an exception of the SDK; None when it is not one of its."""
    answer = getattr(error, "response", None)
    if isinstance(answer, Mapping):
        return _by_answer(answer)
    names = [cls.__name__ for cls in type(error).__mro__]
    for name in names:
        if name in CLASSES:
            return CLASSES[name]
    return "refused" if "BotoCoreError" in names else None


def _by_answer(answer: Mapping[str, Any]) -> Kind:
    found = answer.get("Error") or {}
    code, text = str(found.get("Code", "")), str(found.get("Message", ""))
    status = (answer.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0
    # Which of the two an error is stands in the text alone.
    if _ASSUME.search(text):
        return "assume-role"
    kind = CODES.get(code)
    if kind == "permission" and _CLOSED.search(text):
        return "closed"
    if kind is not None:
        return kind
    if status == 429:
        return "throttled"
    if status >= 500:
        return "server"
    if code == "InvalidRequestException" and _EXISTS.search(text):
        return "exists"
    if status in {401, 403}:
        return "permission"
    return "refused"


def translate(error: BaseException, doing: str, redactor: Redactor) -> AwsError:
    """``error`` of the SDK as ours; ``doing`` ends the sentence "AWS could not …".

    What is not an exception of the SDK is a defect and is raised again as it is.
    """
    if isinstance(error, AwsError):
        return error
    kind = classify(error)
    if kind is None:
        raise error
    cell = CELLS[kind]
    said, code = _said(error)
    said = redactor.clean(said)[:_LONGEST].strip().rstrip(".")
    remedy = _remedy(kind, said, cell)
    reason = f"{cell.reason} ({said})" if said and said != cell.reason else cell.reason
    message = f"AWS could not {doing}."
    return AwsError(kind, Cell(cell.code, cell.reason, remedy), message, reason=reason, vendor_code=code)


def _said(error: BaseException) -> tuple[str, str]:
    answer = getattr(error, "response", None)
    if not isinstance(answer, Mapping):
        return str(error).replace("\n", " "), ""
    found = answer.get("Error") or {}
    code, text = str(found.get("Code", "")), str(found.get("Message", ""))
    return (f"{code}: {text}" if text else code), code


def _remedy(kind: Kind, said: str, cell: Cell) -> str:
    action = _ACTION.search(said)
    if kind == "permission" and action:
        return f"Have {action[1]} allowed for this identity: aws sts get-caller-identity"
    return cell.remedy
