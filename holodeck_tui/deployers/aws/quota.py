"""What an account may have of something, asked from Service Quotas, against what it has."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.checks import Check


@dataclass(frozen=True)
class Limit:
    """A quota as Service Quotas names it: codes are not documented everywhere, names are what is shown.

    ``service`` is the service's code there, ``name`` a pattern of the quota's whole name.
    """

    service: str
    name: re.Pattern[str]
    counted: str


# The name is not in AWS's text documentation and unverified: whatever begins so is taken, a rate is not.
APP_RUNNER = Limit("apprunner", re.compile(r"services( per (account|region))?", re.IGNORECASE), "services")
# "Amazon ECS service quotas" in its developer guide.
ECS = Limit("ecs", re.compile(r"services per cluster", re.IGNORECASE), "services of the cluster")


def check_quota(aws: Aws, label: str, limit: Limit, used: Callable[[], int]) -> Check:
    """Whether one more fits. What cannot be told is no failure: the deploy may well succeed."""
    look = f"aws service-quotas list-service-quotas --service-code {limit.service} --region {aws.region}"
    try:
        found = _find(aws, limit)
        value = None if found is None else found.get("Value")
        if found is None or value is None:
            return Check(label, "skip", f"Service Quotas tells none for {limit.counted}", look)
        count, most = used(), int(value)
    except AwsError as error:
        if error.kind == "permission":
            return Check(label, "skip", f"it may not be asked: {error.reason}", error.remedy or look)
        return Check(label, "warn", str(error), look)
    except DeploymentError as error:
        return Check(label, "warn", str(error), error.remedy or look)
    detail = f"{count} of {most} {limit.counted} in {aws.region} are used"
    if count < most:
        return Check(label, "ok", detail)
    detail += ": a new one is refused, an update is not"
    return Check(label, "warn", detail, _more(aws, limit, found))


def _find(aws: Aws, limit: Limit) -> dict[str, Any] | None:
    doing = "be asked for its quotas"
    pages = aws.pages(
        "service-quotas", "list_service_quotas", doing, "Quotas", ServiceCode=limit.service, MaxResults=100
    )
    try:
        return next((one for one in pages if limit.name.fullmatch(str(one.get("QuotaName", "")))), None)
    except AwsError as error:
        if error.vendor_code == "NoSuchResourceException":
            return None
        raise


def _more(aws: Aws, limit: Limit, quota: dict[str, Any]) -> str:
    """How to get more of it, where more can be had."""
    if not quota.get("Adjustable", True):
        return "Remove a service that is not needed: holodeck-deploy-tui list"
    most = int(quota["Value"])
    return (
        f"aws service-quotas request-service-quota-increase --service-code {limit.service} "
        f"--quota-code {quota.get('QuotaCode', 'CODE')} --desired-value {most * 2} --region {aws.region}"
    )
