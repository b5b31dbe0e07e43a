"""What a deploy would change: the revision that serves against what would be sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.redact import MASK
from holodeck_tui.core.values import Change
from holodeck_tui.deployers import environment as container
from holodeck_tui.deployers.aws.client import Answer, Aws
from holodeck_tui.deployers.aws.ecs_api import Ecs, Live, configuration, serving
from holodeck_tui.deployers.aws.ecs_earlier import configuration_of
from holodeck_tui.deployers.aws.ecs_registry import LOGIN, login_text, pull_login
from holodeck_tui.deployers.aws.ecs_roles import INFRASTRUCTURE, arn_of
from holodeck_tui.deployers.aws.ecs_secrets import open_store
from holodeck_tui.deployers.aws.ecs_template import differences, image, plain_form, request
from holodeck_tui.deployers.base import ServiceSpec


def compare(spec: ServiceSpec, aws: Aws, ctx: Context) -> list[Change]:
    """Property by property, after ECS's own spelling; empty when a deploy would change nothing."""
    ecs = Ecs(aws)
    live = ecs.find(spec.name)
    if live is None or live.status != "ACTIVE":
        return [Change("service", None, spec.name)]
    express = ecs.express(live.arn) or {}
    running = _running(ecs, live, express)
    if running is None:
        return [Change("revision", None, "the first that serves")]
    wanted, rotated = _wanted(spec, aws, ctx)
    form = plain_form(running)
    if "scalingTarget" not in running:
        form |= {name: value for name, value in wanted.items() if name.startswith("auto_scaling")}
    found = differences(form, wanted, spec)
    told = {change.path for change in found}
    found += [Change(path, MASK, MASK) for path in rotated if path not in told]
    role = arn_of(INFRASTRUCTURE, spec.settings)
    if express.get("infrastructureRoleArn") not in {None, role}:
        found.append(Change("infrastructure_role_arn", express["infrastructureRoleArn"], role))
    return found


def _running(ecs: Ecs, live: Live, express: Answer) -> Mapping[str, Any] | None:
    revision = serving(express, ecs.rollouts(live.arn, live.cluster))
    if revision is None:
        return None
    return configuration(express, revision) or configuration_of(ecs, revision)


def _wanted(spec: ServiceSpec, aws: Aws, ctx: Context) -> tuple[dict[str, Any], list[str]]:
    """What would be sent, and the paths of secrets whose value is another one by now."""
    values = container.expand(spec, ctx, lenient=True)
    store = open_store(aws, spec.name, spec.agent, spec.environment)
    stored = store.compare(values.secret)
    login = pull_login(spec.settings, ctx)
    kept = store.compare({LOGIN: login_text(login)})[LOGIN] if login else None
    known = {**stored, **store.resolve(values.refs)}
    wanted = plain_form(request(spec, values.plain, known, kept.arn if kept else None))
    wanted["image"] = image(spec) or (spec.image.uri if spec.image is not None else None)
    return wanted, [f"secrets.{name}" for name, each in stored.items() if each.changed]
