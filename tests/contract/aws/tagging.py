"""The Resource Groups Tagging API over whatever our own machines have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.aws.world import Fault, World, paged


@dataclass
class Tagging:
    """Only GetResources. Resource types are ``service:type`` of an ARN; ``late`` ARNs are not known yet."""

    world: World
    machines: Mapping[str, Any]
    service: str = "resourcegroupstaggingapi"
    late: set[str] = field(default_factory=set)

    def handle(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        if operation != "GetResources":
            raise Fault("InvalidParameterException", f"This server has no {operation}.")
        found = [
            {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in labels.items()]}
            for machine in self.machines.values()
            for arn, labels in machine.resources().items()
            if arn not in self.late and self._wanted(arn, labels, body)
        ]
        size = int(body.get("ResourcesPerPage", 50))
        if not 1 <= size <= 100:
            raise Fault("InvalidParameterException", "ResourcesPerPage must be between 1 and 100.")
        page, following = paged(found, body, self.world, token="PaginationToken", size=size)
        return {"ResourceTagMappingList": page, "PaginationToken": "", **following}

    def _wanted(self, arn: str, labels: Mapping[str, str], body: dict[str, Any]) -> bool:
        service, kind = arn.split(":")[2], arn.split(":", 5)[5].partition("/")[0]
        types = body.get("ResourceTypeFilters")
        if types and f"{service}:{kind}" not in types and service not in types:
            return False
        return all(
            labels.get(each["Key"]) in each.get("Values", ()) if each.get("Values") else each["Key"] in labels
            for each in body.get("TagFilters", ())
        )
