"""A deploy, step by step: look, compare, send once, and wait until the new revision is well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Deployment
from holodeck_tui.deployers.azure.body import make_app
from holodeck_tui.deployers.azure.client import Azure
from holodeck_tui.deployers.azure.environment import need_environment
from holodeck_tui.deployers.azure.errors import Task
from holodeck_tui.deployers.azure.names import AGENT, ENVIRONMENT, is_ours, next_suffix
from holodeck_tui.deployers.azure.operations import (
    OPERATION_SECONDS,
    run_operation,
    settled,
    switch,
    when_free,
)
from holodeck_tui.deployers.azure.place import Place, azure_config
from holodeck_tui.deployers.azure.reading import Live, deployment_of, get_app, read_live
from holodeck_tui.deployers.azure.registry import pull_of
from holodeck_tui.deployers.azure.secrets import AppSecret, all_secrets, make_values, rotated
from holodeck_tui.deployers.azure.status import judge, low
from holodeck_tui.deployers.azure.template import (
    LATEST,
    Wanted,
    check_location,
    differences,
    live_facts,
    make_wanted,
    needs_revision,
)
from holodeck_tui.deployers.azure.watch import Watch
from holodeck_tui.deployers.base import ServiceSpec

if TYPE_CHECKING:
    from azure.core.polling import LROPoller
    from azure.mgmt.appcontainers.models import ContainerApp


class Rollout:
    """One deploy of one app."""

    def __init__(self, azure: Azure, place: Place, spec: ServiceSpec) -> None:
        self._azure = azure
        self._place = place
        self._spec = spec
        self._ctx: Context = azure.ctx

    def deploy(self) -> Deployment:
        """Have the app as wanted, with a revision that is well. Does nothing where it is already."""
        app = settled(self._azure, self._place, self._spec.name, step="run", seconds=OPERATION_SECONDS)
        if app is not None:
            self._check_ours(app)
            check_location(azure_config(self._spec.settings).location, app)
            if low(app.properties and app.properties.running_status) == "stopped":
                self._ctx.info(f"{self._spec.name} was stopped; it is started again.")
                switch(self._azure, self._place, self._spec.name, on=True)
                app = get_app(self._azure, self._place, self._spec.name)
        live = None if app is None else read_live(self._azure, self._place, app)
        environment = need_environment(self._azure, self._place, self._spec.settings)
        wanted = self._wanted(environment.id)
        secrets = all_secrets(wanted.values, wanted.password, live.secrets if live else {})
        self._check_traffic(wanted, live)
        if live is None:
            return self._send(wanted, secrets, None, environment.id or "", "r1")
        changed = differences(wanted, live_facts(live.app))
        turned = rotated(secrets, live.secrets)
        newest = live.newest
        well = newest is not None and newest.condition == "up"
        if newest and well and not changed and not turned and judge(live.app, live.views).state == "healthy":
            return deployment_of(live.app, newest.name, self._spec.image)
        if newest and newest.condition == "starting" and not changed and not turned:
            # What an earlier run sent is on its way still.
            Watch(self._azure, self._place, self._spec.name).until_up(newest.name, self._spec.health.timeout)
            return deployment_of(live.app, newest.name, self._spec.image)
        suffix = _suffix(live.app)
        fresh = needs_revision(changed) or any(name.startswith("env-") for name in turned)
        if fresh or newest is None or newest.condition != "up" or not suffix:
            suffix = next_suffix(self._spec.name, [view.name for view in live.views])
        return self._send(wanted, secrets, live, environment.id or "", suffix)

    def _wanted(self, environment_id: str | None) -> Wanted:
        settings = self._spec.settings
        values = make_values(self._spec, settings.overlay.azure.identity, self._ctx)
        return make_wanted(self._spec, values, pull_of(settings), environment_id)

    def _send(
        self,
        wanted: Wanted,
        secrets: tuple[AppSecret, ...],
        live: Live | None,
        environment_id: str,
        suffix: str,
    ) -> Deployment:
        name, place = self._spec.name, self._place
        body = make_app(
            self._spec,
            wanted,
            secrets,
            live.app if live else None,
            location=azure_config(self._spec.settings).location,
            environment_id=environment_id,
            suffix=suffix,
        )
        put_app(self._azure, place, name, body, task=Task(f"{name} could not be deployed.", "deploy-failed"))
        revision = f"{name}--{suffix}"
        Watch(self._azure, place, name).until_up(revision, self._spec.health.timeout)
        return deployment_of(get_app(self._azure, place, name), revision, self._spec.image)

    def _check_ours(self, app: ContainerApp) -> None:
        tags = app.tags or {}
        same = (tags.get(AGENT), tags.get(ENVIRONMENT)) == (self._spec.agent, self._spec.environment)
        if is_ours(tags) and same:
            return
        owner = f"it belongs to the agent {tags.get(AGENT)}" if is_ours(tags) else "this tool did not make it"
        raise DeploymentError(
            "deploy-failed",
            f"The app {self._spec.name} is not overwritten.",
            reason=self._ctx.redactor.clean(owner),
            remedy=f"az containerapp delete --name {self._spec.name} --resource-group {self._place.group}",
        )

    def _check_traffic(self, wanted: Wanted, live: Live | None) -> None:
        known = {view.name for view in live.views} if live else set()
        for name in wanted.traffic or ():
            if name != LATEST and name not in known:
                raise DeploymentError(
                    "revision-unknown",
                    f"The traffic cannot go to {name}.",
                    reason=f"{self._spec.name} has no such revision",
                    remedy=f"In deploy.yaml: azure: {{traffic: {{{LATEST}: 100}}}}",
                )


def put_app(azure: Azure, place: Place, name: str, body: ContainerApp, *, task: Task) -> ContainerApp:
    """Send the whole app and wait for the operation; waits where another one runs."""

    def begin(**more: Any) -> LROPoller[ContainerApp]:
        apps = azure.sdk.container_apps
        return apps.begin_create_or_update(place.group, name, body, **azure.call, **more)

    def act() -> ContainerApp:
        return run_operation(azure, task, begin, step="run", what=f"Azure to provision {name}")

    return when_free(azure, place, name, act, step="run", seconds=OPERATION_SECONDS)


def _suffix(app: ContainerApp) -> str | None:
    template = app.properties.template if app.properties else None
    return template.revision_suffix if template else None
