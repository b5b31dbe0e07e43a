"""All App Runner services of ours in a region: by tag and by page, and no more said than a listing knows."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import State, Status
from holodeck_tui.deployers.aws import names, tags
from holodeck_tui.deployers.aws.apprunner_api import AppRunner, with_scheme
from holodeck_tui.deployers.aws.client import Aws
from holodeck_tui.deployers.aws.errors import AwsError
from holodeck_tui.deployers.aws.inventory import tagged

_TYPE = "apprunner:service"
# A listing says RUNNING also of a service whose last change was rolled back: status judges, not list.
_KNOWN: Mapping[str, State] = {"PAUSED": "stopped", "CREATE_FAILED": "failed", "DELETE_FAILED": "failed"}
_AT_ONCE = 8


def listing(aws: Aws, ctx: Context) -> list[Status]:
    """Tags that a listing by tag does not know (yet), or may not tell, are read service by service."""
    api = AppRunner(aws)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        labels = pool.submit(tagged, aws, _TYPE)
        summaries = [each for each in api.summaries() if each.get("Status") != "DELETED"]
        try:
            known = labels.result()
        except AwsError as error:
            if error.kind not in {"permission", "refused"}:
                raise
            ctx.warn(f"{error}. Tags are read service by service.")
            known = {}
        mine = (each for each in summaries if str(each["ServiceName"]).startswith(names.PREFIX))
        others = [arn for arn in (str(each["ServiceArn"]) for each in mine) if arn not in known]
        known |= zip(others, pool.map(api.tags, others), strict=True)
    found = ((each, known.get(str(each["ServiceArn"]), {})) for each in summaries)
    return [_status(each, labels, aws.region) for each, labels in found if tags.is_ours(labels)]


def _status(summary: Mapping[str, Any], labels: Mapping[str, str], region: str) -> Status:
    ref = tags.reference(labels, str(summary["ServiceArn"]), str(summary["ServiceName"]), region)
    word = str(summary.get("Status", ""))
    return Status(
        ref,
        _KNOWN.get(word),
        f"App Runner says {word}",
        url=with_scheme(summary.get("ServiceUrl")),
        created_at=summary.get("CreatedAt"),
        checked_at=datetime.now(timezone.utc),
    )
