"""A deployment of Express as time goes by: 5 %, all, the old drained; or stuck, or rolled back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.contract.aws.world import Ending, now

# A deployment's way, in quarters of its time: stage, share of the traffic, old tasks that still run.
_WAY = (
    ("SCALE_UP", 0.0, 1),
    ("PRODUCTION_TRAFFIC_SHIFT", 5.0, 1),
    ("BAKE_TIME", 100.0, 1),
    ("CLEAN_UP", 100.0, 0),
)
# ``STUCK-…`` of an ending: the quarter that is never left.
_STUCK = {"STUCK": 0, "STUCK-CANARY": 1, "STUCK-FULL": 2, "STUCK-DRAIN": 3}
OVER = {"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"}


@dataclass
class Rollout:
    """``source`` is the revision that served when it began; ``ending`` how it shall end."""

    arn: str
    service: str
    cluster: str
    target: str
    source: str | None
    ending: Ending
    seconds: float
    wanted: int
    created: float = field(default_factory=now)
    status: str = "PENDING"
    finished: float | None = None
    stage: str = "PRE_SCALE_UP"
    weight: float = 0.0
    old: int = 1
    running: int = 0
    told: bool = False

    @property
    def over(self) -> bool:
        return self.status in OVER

    @property
    def fails(self) -> bool:
        return self.ending.status in {"ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED"}

    @property
    def crashing(self) -> bool:
        """Whether tasks of it have ended by now."""
        return (self.fails or self.ending.status == "STUCK") and self._share >= 0.25

    @property
    def _share(self) -> float:
        return 1.0 if not self.seconds else (now() - self.created) / self.seconds

    def advance(self) -> bool:
        """To where it is now; True when it has just ended."""
        if self.over:
            return False
        share = self._share
        if self.fails:
            self.status = "IN_PROGRESS" if share < 0.5 else "ROLLBACK_IN_PROGRESS"
            self.stage = "SCALE_UP"
            return share >= 1 and self._end(self.ending.status)
        if share >= 1 and self.ending.status not in _STUCK:
            return self._end("SUCCESSFUL")
        quarter = min(int(share * 4), _STUCK.get(self.ending.status, 3))
        self.status = "IN_PROGRESS"
        self.stage, self.weight, self.old = _WAY[quarter]
        self.running = 0 if quarter == 0 else self.wanted
        if self.source is None:
            # Nothing to shift away from: all is the new one's before it runs.
            self.stage, self.weight, self.old = "SCALE_UP", 100.0, 0
        return False

    def stop(self) -> None:
        """Somebody stops it: it goes back."""
        self.ending = Ending(self.ending.type, "ROLLBACK_SUCCESSFUL", 0.0, ["stopped by a user"])
        self.seconds = 0.0

    def _end(self, status: str) -> bool:
        self.status, self.finished = status, now()
        self.stage = "CLEAN_UP"
        good = status == "SUCCESSFUL"
        self.weight, self.old, self.running = (100.0, 0, self.wanted) if good else (0.0, 1, 0)
        return True

    @property
    def reason(self) -> str:
        if not self.fails or self.status in {"PENDING", "IN_PROGRESS"}:
            return ""
        return self.ending.lines[0] if self.ending.lines else "tasks failed to start"

    def brief(self) -> dict[str, Any]:
        found = {
            "serviceDeploymentArn": self.arn,
            "serviceArn": self.service,
            "clusterArn": self.cluster,
            "createdAt": self.created,
            "startedAt": self.created,
            "targetServiceRevisionArn": self.target,
            "status": self.status,
        }
        if self.reason:
            found["statusReason"] = self.reason
        if self.finished:
            found["finishedAt"] = self.finished
        return found

    def whole(self) -> dict[str, Any]:
        found = self.brief()
        del found["targetServiceRevisionArn"]
        found |= {
            "updatedAt": now(),
            "lifecycleStage": self.stage,
            "targetServiceRevision": _counts(self.target, self.wanted, self.running, self.weight),
            "sourceServiceRevisions": [],
        }
        if self.source is not None:
            old = _counts(self.source, self.old, self.old, 100.0 - self.weight)
            found["sourceServiceRevisions"] = [old]
            if self.status.startswith("ROLLBACK"):
                found["rollback"] = {"reason": self.reason, "serviceRevisionArn": self.source}
        return found


def _counts(arn: str, wanted: int, running: int, weight: float) -> dict[str, Any]:
    return {
        "arn": arn,
        "requestedTaskCount": wanted,
        "runningTaskCount": running,
        "pendingTaskCount": wanted - running,
        "requestedTestTrafficWeight": weight,
        "requestedProductionTrafficWeight": weight,
    }
