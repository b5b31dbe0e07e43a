"""From settings, bundle and image to the description of the service that shall run."""

from __future__ import annotations

import hashlib
import json

from holodeck_tui.bundle.bundle import Bundle
from holodeck_tui.bundle.container import container_env
from holodeck_tui.bundle.needs import missing_variables
from holodeck_tui.config.evaluate import CLOUDS
from holodeck_tui.config.resolve import Settings
from holodeck_tui.config.variables import export_them
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ImageRef
from holodeck_tui.deployers.base import BaseDeployer, Health, Secret, ServiceSpec
from holodeck_tui.pipeline.observability import observability_env


def make_spec(
    settings: Settings, bundle: Bundle, image: ImageRef | None, deployer: BaseDeployer
) -> ServiceSpec:
    """Values of variables are not in it. Raises ``plain-secret``."""
    env, secrets = container_env(settings, bundle)
    telemetry = observability_env(settings.agent_name, settings.agent.observability)
    named = {name for name, _, _ in secrets}
    return ServiceSpec(
        name=deployer.service_name(settings),
        provider=settings.target,
        agent=settings.agent_name,
        environment=settings.environment,
        image=image,
        bundle=bundle,
        settings=settings,
        port=settings.port,
        protocol=settings.protocol,
        env={**{name: text for name, text in telemetry.items() if name not in named}, **env},
        secrets=tuple(Secret(name, text, ref) for name, text, ref in secrets),
        health=health(settings),
        tags=tags(settings, bundle, image),
    )


def health(settings: Settings) -> Health:
    """Where and how long to ask, from deploy.yaml and the ``deployment:`` section."""
    return Health(
        path=settings.health.path,
        ready=settings.health.ready,
        timeout=settings.health.timeout,
        smoke=settings.health.smoke,
    )


def tags(settings: Settings, bundle: Bundle, image: ImageRef | None) -> dict[str, str]:
    """What every created resource carries, so that it is found without any local file."""
    facts = {
        "managed-by": "holodeck",
        "agent": settings.agent_name,
        "content-hash": bundle.content_hash,
    }
    if settings.environment:
        facts["environment"] = settings.environment
    if image is not None:
        facts["version"] = image.uri.rpartition(":")[2]
    return facts


def config_hash(settings: Settings) -> str:
    """``sha256:`` over the deployment configuration, computed as holodeck-ai 0.7.1 does.

    ``${VAR}`` in it are references; no value of a variable is hashed.
    """
    deployment = settings.deployment
    data = {} if deployment is None else deployment.model_dump(mode="json", exclude_unset=True)
    if settings.target not in CLOUDS or settings.environment:
        # Not for HoloDeck's file: what deploy.yaml says counts as well.
        data = {"deployment": data, "overlay": settings.overlay.model_dump(mode="json", exclude_unset=True)}
    text = json.dumps(data, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def require_variables(bundle: Bundle, ctx: Context) -> None:
    """Stop where a value the container cannot do without is missing; warn of a provider's own key.

    Raises ``variable-missing`` with all of them.
    """
    required = [need for need in missing_variables(bundle) if need.required]
    if not required:
        for text in missing_warnings(bundle):
            ctx.warn(text)
        return
    one = len(required) == 1
    raise DeploymentError(
        "variable-missing",
        f"The container needs {'a variable that is' if one else 'variables that are'} not set.",
        reason=f"{', '.join(need.name for need in required)} {'has' if one else 'have'} no value",
        remedy=export_them([need.name for need in required]),
        details=[f"{need.name}  used at {need.used_at}" for need in required],
    )


def missing_warnings(bundle: Bundle) -> list[str]:
    """A sentence for each variable that has no value."""
    return [
        f"{need.name} is not set; the container needs it ({need.used_at})."
        if need.required
        else f"{need.name} is not set; {need.used_at} usually needs it."
        for need in missing_variables(bundle)
    ]


def learn_secrets(settings: Settings, bundle: Bundle, ctx: Context) -> None:
    """Have the secrets masked that only the bundle names: keys the model's provider takes by itself."""
    values = (settings.variables.get(need.name) for need in bundle.needs if need.secret)
    ctx.redactor.add(*filter(None, values))
