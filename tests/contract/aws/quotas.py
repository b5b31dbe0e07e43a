"""Service Quotas: moto knows only those of VPCs."""

from __future__ import annotations

from typing import Any

from tests.contract.aws.world import ACCOUNT, REGION, Fault


class ServiceQuotas:
    """``applied`` by service code: name, value and whether more can be asked for."""

    service = "service-quotas"

    def __init__(self) -> None:
        self.applied: dict[str, list[tuple[str, float, bool]]] = {
            "apprunner": [
                ("Auto scaling configurations", 10.0, True),
                ("Services", 30.0, True),
                ("Services with a custom domain", 3.0, True),
            ],
            "ecs": [
                ("Clusters per account", 10000.0, True),
                ("Services per cluster", 5000.0, True),
                ("Services per namespace", 100.0, True),
            ],
        }
        self.page = 1

    def handle(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        if operation != "ListServiceQuotas":
            raise Fault("IllegalArgumentException", f"This server has no {operation}.")
        code = body["ServiceCode"]
        if code not in self.applied:
            raise Fault("NoSuchResourceException", "The request failed because the service does not exist.")
        token = str(body.get("NextToken", "page0"))
        start = int(token.removeprefix("page"))
        size = min(self.page, int(body.get("MaxResults", 100)))
        rows = self.applied[code]
        shown = [self._quota(code, start + at, row) for at, row in enumerate(rows[start : start + size])]
        following = start + size
        return {"Quotas": shown, **({"NextToken": f"page{following}"} if following < len(rows) else {})}

    def _quota(self, code: str, number: int, row: tuple[str, float, bool]) -> dict[str, Any]:
        name, value, adjustable = row
        made = f"L-0000000{number}"
        return {
            "ServiceCode": code,
            "ServiceName": code,
            "QuotaArn": f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:{code}/{made}",
            "QuotaCode": made,
            "QuotaName": name,
            "Value": value,
            "Unit": "None",
            "Adjustable": adjustable,
            "GlobalQuota": False,
        }

    def resources(self) -> dict[str, dict[str, str]]:
        return {}

    def close(self) -> None:
        return
