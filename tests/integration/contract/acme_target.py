"""A third party's target, as its own distribution would bring it: pulls an image and runs it on the engine.

Plain `docker` commands and no capability beyond listing. ACME_REFUSE, if set, is what it says instead of
taking a deployment.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Deployment, ServiceRef, Status
from holodeck_tui.deployers.base import BaseDeployer, Destruction, LogLine, LogQuery, Needs

SCOPE = "acme:yard"


def docker(*words: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=120, check=False)
    if check and done.returncode:
        raise DeploymentError("deploy-failed", "The yard did not take it.", reason=done.stderr.strip())
    return done.stdout.strip()


def inspect(name: str) -> dict | None:
    found = json.loads(docker("container", "inspect", name, check=False) or "[]")
    return found[0] if found else None


class AcmeDeployer(BaseDeployer):
    provider = "acme"

    def needs(self, settings, ctx):
        return Needs(image=True, registry=True, platform=settings.platform)

    def service_name(self, settings):
        suffix = f"-{settings.environment}" if settings.environment else ""
        return f"acme-{settings.agent_name}{suffix}"

    def find(self, settings, ctx):
        name = self.service_name(settings)
        if inspect(name) is None:
            return None
        return ServiceRef("acme", name, name, SCOPE, settings.agent_name, settings.environment)

    def deploy(self, spec, ctx):
        refusal = ctx.environ.get("ACME_REFUSE")
        if refusal:
            raise DeploymentError(
                "deploy-failed", "The yard did not take it.", reason=refusal, remedy="Ask the yard."
            )
        docker("pull", "-q", spec.image.pinned)
        docker("rm", "-f", spec.name, check=False)
        env = []
        for name, text in spec.env.items():
            env += ["-e", f"{name}={spec.settings.variables.expand(text)}"]
        port = f"127.0.0.1::{spec.port}"
        labels = ["--label", f"acme.agent={spec.agent}"]
        docker("run", "-d", "--name", spec.name, "-p", port, *labels, *env, spec.image.pinned)
        ref = ServiceRef("acme", spec.name, spec.name, SCOPE, spec.agent, spec.environment)
        found = self.get_status(ref, ctx)
        return Deployment(ref, found.url, "deploying", inspect(spec.name)["Id"][:12], spec.image)

    def get_status(self, ref, ctx):
        seen = inspect(ref.service_id)
        if seen is None:
            return Status(ref, "missing", "the yard is empty")
        bound = [one for ports in seen["NetworkSettings"]["Ports"].values() for one in ports or ()]
        url = f"http://127.0.0.1:{bound[0]['HostPort']}" if bound else None
        state = "healthy" if seen["State"]["Running"] else "failed"
        return Status(ref, state, "as the yard says", url, seen["Config"]["Image"], seen["Id"][:12])

    def plan_destroy(self, ref, ctx):
        return Destruction(ref, (f"container {ref.name}",))

    def destroy(self, ref, ctx):
        docker("rm", "-f", ref.service_id, check=False)
        return self.plan_destroy(ref, ctx)

    def stream_logs(self, ref, query: LogQuery, ctx) -> Iterator[LogLine]:
        lines = docker("logs", ref.service_id).splitlines()
        for text in lines[-query.tail :] if query.tail else lines:
            yield LogLine(text, datetime.now(timezone.utc))

    def list(self, scope, ctx):
        names = docker("ps", "-a", "--filter", "label=acme.agent", "--format", "{{.Names}}").split()
        return [
            self.get_status(ServiceRef("acme", name, name, SCOPE, name.removeprefix("acme-")), ctx)
            for name in names
        ]
