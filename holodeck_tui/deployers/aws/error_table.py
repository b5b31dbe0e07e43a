"""The one table of AWS's errors: kinds, what each becomes, and which code or exception is of which kind.

Error codes are those of the API references of App Runner, ECS, ECR, Secrets Manager, SSM, CloudWatch Logs
and IAM ("Common Errors"); exceptions without an answer are classes of ``botocore.exceptions``, known here
by name so that nothing of the SDK is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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
