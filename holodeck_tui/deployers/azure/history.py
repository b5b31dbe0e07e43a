"""Lines that are older than what a stream still holds: Log Analytics, where the environment keeps one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.azure.client import Azure, sdk_missing
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.status import low
from holodeck_tui.deployers.base import LogLine

if TYPE_CHECKING:
    from azure.mgmt.appcontainers.models import ContainerApp

# One query of Log Analytics answers with so many rows at most.
_MOST_ROWS = 30_000


@dataclass(frozen=True)
class Question:
    """Which lines of which app: not before ``since``, before ``until``, the last ``most`` of them."""

    app: str
    since: datetime | None
    until: datetime | None
    most: int | None
    system: bool = False

    @property
    def kql(self) -> str:
        """The query. Names of apps have no character that could end the quotes."""
        table = "ContainerAppSystemLogs_CL" if self.system else "ContainerAppConsoleLogs_CL"
        replica = "ReplicaName_s" if self.system else "ContainerGroupName_s"
        parts = [table, f'where ContainerAppName_s == "{self.app}"']
        if self.since is not None:
            parts.append(f"where TimeGenerated >= datetime({_iso(self.since)})")
        if self.until is not None:
            parts.append(f"where TimeGenerated < datetime({_iso(self.until)})")
        parts += [
            "order by TimeGenerated desc",
            f"take {min(self.most or _MOST_ROWS, _MOST_ROWS)}",
            f"project TimeGenerated, Log_s, RevisionName_s, Replica = {replica}",
        ]
        return "\n| ".join(parts)


def workspace_of(azure: Azure, app: ContainerApp) -> str | None:
    """The Log Analytics workspace that the app's environment writes to; None where it has none."""
    facts = app.properties
    name = (facts.environment_id or facts.managed_environment_id or "") if facts else ""
    parts = name.strip("/").split("/")
    if len(parts) < 8:
        return None
    environments = azure.sdk.managed_environments
    task = Task("The managed environment could not be looked up.")
    found = azure.find(task, lambda: environments.get(parts[3], parts[7], **azure.call))
    logs = found.properties.app_logs_configuration if found is not None and found.properties else None
    if logs is None or low(logs.destination) != "log-analytics" or logs.log_analytics_configuration is None:
        return None
    return logs.log_analytics_configuration.customer_id


def read_history(azure: Azure, workspace: str, question: Question) -> list[LogLine]:
    """The lines, oldest first. What Azure says it could not read in full is warned of."""
    try:
        from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult
    except ImportError as error:
        raise sdk_missing(error) from error
    options: dict[str, Any] = {"retry_total": 3, "connection_timeout": 10, "read_timeout": 60}
    if azure.local:
        options |= {"endpoint": azure.endpoint, "use_env_settings": False}
    client = LogsQueryClient(azure.credential, **options)
    task = Task(f"The log history of {question.app} could not be read.")
    try:
        result = azure.ask(
            task,
            lambda: client.query_workspace(workspace, question.kql, timespan=None, **azure.call),
        )
    finally:
        client.close()
    if isinstance(result, LogsQueryPartialResult):
        azure.ctx.warn("Log Analytics gave only a part of the log.")
        tables = result.partial_data
    else:
        tables = result.tables
    return _lines(tables)


def try_history(azure: Azure, app: ContainerApp, question: Question) -> list[LogLine]:
    """The same, or nothing where there is no history; a refusal is told and no error."""
    try:
        workspace = workspace_of(azure, app)
        return [] if workspace is None else read_history(azure, workspace, question)
    except DeploymentError as error:
        if error.code == "interrupted":
            raise
        azure.ctx.warn(f"Older lines are left out: {error}.")
        return []


def _lines(tables: Sequence[Any]) -> list[LogLine]:
    lines: list[LogLine] = []
    for table in tables:
        columns = list(table.columns)
        for row in table.rows:
            cells = dict(zip(columns, row, strict=False))
            stamp = cells.get("TimeGenerated")
            if isinstance(stamp, str):
                from holodeck_tui.deployers.azure.streams import parse_time

                stamp = parse_time(stamp)
            lines.append(LogLine(str(cells.get("Log_s") or ""), stamp, str(cells.get("Replica") or "")))
    lines.reverse()
    return lines


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
