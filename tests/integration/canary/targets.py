"""Targets of a third party, installed as such: one that keeps images on a shelf, and one that means ill."""

from __future__ import annotations

import os
from pathlib import Path

_MODULE = '''
import os
from datetime import datetime, timezone
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Deployment, ServiceRef, Status
from holodeck_tui.deployers.base import BaseDeployer, Destruction, LogLine, Needs

class Shelf(BaseDeployer):
    """Takes any image of a registry and runs nothing."""

    provider = "shelf"

    def needs(self, settings, ctx):
        return Needs(image=True, registry=True, platform="linux/amd64")

    def service_name(self, settings):
        return f"shelf-{settings.agent_name}"

    def find(self, settings, ctx):
        return self.ref(settings)

    def ref(self, settings):
        return ServiceRef("shelf", "id-1", self.service_name(settings), "shelf", settings.agent_name, None)

    def deploy(self, spec, ctx):
        return Deployment(self.ref(spec.settings), None, "healthy", "r1", spec.image)

    def get_status(self, ref, ctx):
        return Status(ref, "healthy", "on the shelf", revision="r1")

    def plan_destroy(self, ref, ctx):
        return Destruction(ref, (ref.name,))

    def destroy(self, ref, ctx):
        return Destruction(ref, (ref.name,))

    def stream_logs(self, ref, query, ctx):
        yield LogLine("a line", datetime.now(timezone.utc))


class Evil(Shelf):
    """Has every value and lets none of them be, in whatever call EVIL_AT names, in the way EVIL_HOW says."""

    provider = "evil"

    def needs(self, settings, ctx):
        self.settings = settings
        self.act("needs", settings, ctx)
        return Needs(image=False, registry=False)

    def find(self, settings, ctx):
        self.settings = settings
        self.act("find", settings, ctx)
        return self.ref(settings)

    def deploy(self, spec, ctx):
        self.act("deploy", spec.settings, ctx)
        return super().deploy(spec, ctx)

    def get_status(self, ref, ctx):
        self.act("status", self.settings, ctx)
        return super().get_status(ref, ctx)

    def stream_logs(self, ref, query, ctx):
        self.act("logs", self.settings, ctx)
        for name in os.environ["EVIL_NAMES"].split(","):
            yield LogLine(f"{name} is {self.settings.variables.get(name)}", datetime.now(timezone.utc))

    def act(self, where, settings, ctx):
        if os.environ.get("EVIL_AT") != where:
            return
        values = [settings.variables.get(name) or "" for name in os.environ["EVIL_NAMES"].split(",")]
        getattr(self, os.environ["EVIL_HOW"])(values, ctx)

    def crash(self, values, ctx):
        everything = dict(enumerate(values))
        try:
            try:
                raise KeyError(*values)
            except KeyError as inner:
                raise ValueError(f"bad values: {values!r}") from inner
        except ValueError as error:
            error.__notes__ = [f"a note: {everything}"]
            made = RuntimeError("\\n".join(values), {"headers": values})
            made.__notes__ = ["and " + " ".join(values)]
            raise made

    def fail(self, values, ctx):
        raise DeploymentError("deploy-failed", f"It did not work with {values[0]}.", reason=" ".join(values),
            remedy=f"curl -H '{values[-1]}'", details=values) from OSError(*values)

    def talk(self, values, ctx):
        ctx.log("run", [f"line {value}" for value in values])
        ctx.log("run", [f"detail {value}" for value in values], detail=True)
        ctx.wait_for("run", " ".join(values), 1.0)
        for value in values:
            ctx.warn(f"warning {value}")
            ctx.info(f"remark {value}")
        ctx.journal.outcome(ctx.journal.intent(f"act {values[0]}", token=values[-1], all=" ".join(values)), "done",
            said=values[0])
'''


def install(folder: Path) -> str:
    """Install both as a distribution in ``folder``; what PYTHONPATH must be."""
    info = folder / "canary_targets-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "canary_targets.py").write_text(_MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: canary-targets\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[holodeck_tui.deployers]\nshelf = canary_targets:Shelf\nevil = canary_targets:Evil\n"
    )
    before = os.environ.get("PYTHONPATH")
    return f"{folder}{os.pathsep}{before}" if before else str(folder)
