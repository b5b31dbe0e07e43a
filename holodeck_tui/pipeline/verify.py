"""A deployment is done when the new revision says itself that it is healthy, or it is not done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.probe import Probe, wait_until_healthy
from holodeck_tui.core.threads import interruptible
from holodeck_tui.core.values import Deployment, ServiceRef, Status
from holodeck_tui.deployers.base import BaseDeployer, Health, LogQuery, Restrictable

# How many of the container's last lines an error carries.
LAST_LINES = 20
# A new service's name may take this long to be known here, in seconds; longer means that it never will.
_NAME_SECONDS = 60.0
# How often the target itself is asked while the agent does not answer, in seconds.
_ASK_TARGET = 3.0
_OVER = frozenset({"failed", "stopped", "missing"})


@dataclass(frozen=True)
class Verifier:
    """Proves the health of ``deployment``. ``protocol`` is that of the smoke message."""

    deployment: Deployment
    health: Health
    deployer: BaseDeployer
    ctx: Context
    protocol: str = "rest"
    clock: Callable[[], float] = time.monotonic

    def verify(self) -> tuple[Deployment, str]:
        """The deployment with its proven state, and how it was proven. Raises ``unhealthy``."""
        url = self.deployment.url
        if url is None:
            return self._by_target("it has no URL")
        self.ctx.wait_for("verify", f"{url}{self.health.path}", self.health.timeout)
        result = self._wait(url)
        if result.outcome == "unroutable" or self._is_closed(result):
            return self._by_target(result.detail)
        if not result.healthy:
            raise self._unhealthy(result.detail)
        if self.health.smoke:
            self._chat(url, self.health.smoke)
        return replace(self.deployment, state="healthy"), f"{url}{self.health.path}: {result.detail}"

    def _wait(self, url: str) -> Probe:
        started = asked = self.clock()

        def settle(result: Probe) -> bool:
            if result.outcome == "unroutable":
                return self.clock() - started >= min(_NAME_SECONDS, self.health.timeout)
            return result.healthy or self._is_closed(result)

        def gone() -> str | None:
            nonlocal asked
            if self.clock() - asked < _ASK_TARGET:
                return None
            status = self._status()
            asked = self.clock()
            ours = status is not None and status.revision in {None, self.deployment.revision}
            if status is None or not ours or status.state not in _OVER:
                return None
            return f"the service is {status.state}{f' ({status.detail})' if status.detail else ''}"

        return wait_until_healthy(
            url,
            self.ctx,
            path=self.health.path,
            ready=self.health.ready,
            timeout=self.health.timeout,
            gone=gone,
            settle=settle,
            told=lambda result: self.ctx.log("verify", [f"probe: {result.detail}"], detail=True),
            clock=self.clock,
        )

    def _is_closed(self, result: Probe) -> bool:
        """Whether the agent is kept for callers with a login on purpose: nobody here could ask it."""
        if result.outcome != "closed" or not isinstance(self.deployer, Restrictable):
            return False
        return self.deployer.restricted(self.deployment.ref, self.ctx)

    def _by_target(self, why: str) -> tuple[Deployment, str]:
        """Where the agent cannot be asked from here, what the target says of it must do."""
        status = self.deployer.get_status(self.deployment.ref, self.ctx)
        if status.state != "healthy":
            detail = f": {status.detail}" if status.detail else ""
            raise self._unhealthy(f"{why}, and the target says that it is {status.state}{detail}")
        self.ctx.warn(f"The agent could not be asked from here ({why}); the target says that it is healthy.")
        return replace(self.deployment, state="healthy"), "the target says that it is healthy"

    def _chat(self, url: str, message: str) -> None:
        from holodeck_tui.core.chat import chat

        protocol = self.protocol
        agent = self.deployment.ref.agent
        try:
            answer = chat(url, agent, message, self.ctx, protocol="ag-ui" if protocol == "ag-ui" else "rest")
        except Cancelled:
            raise
        except DeploymentError as error:
            raise self._unhealthy(f"the smoke message was not answered: {error.reason}") from error
        self.ctx.log("verify", [f"smoke: {line}" for line in answer.splitlines()[:5]], detail=True)

    def _unhealthy(self, why: str) -> DeploymentError:
        details = last_lines(self.deployment.ref, self.deployer, self.ctx)
        status = self._status()
        new = self.deployment.revision
        if status and status.revision and new and status.revision != new:
            details.append(f"The revision before it, {status.revision}, still serves.")
        return DeploymentError(
            "unhealthy",
            f'"{self.deployment.ref.agent}" was deployed but is not healthy.',
            reason=self.ctx.redactor.clean(why),
            remedy="holodeck-deploy-tui logs --tail 200",
            details=details,
        )

    def _status(self) -> Status | None:
        try:
            return self.deployer.get_status(self.deployment.ref, self.ctx)
        except Cancelled:
            raise
        except DeploymentError:
            return None


def last_lines(ref: ServiceRef, deployer: BaseDeployer, ctx: Context) -> list[str]:
    """The end of the container's own log, cleaned; says so where it cannot be had."""
    query = LogQuery(tail=LAST_LINES)
    try:
        lines = interruptible(lambda: [*deployer.stream_logs(ref, query, ctx)], ctx.cancel)
        return [ctx.redactor.clean(line.text) for line in lines][-LAST_LINES:]
    except Cancelled:
        raise
    except DeploymentError as error:
        return [f"(its log could not be read: {error})"]
