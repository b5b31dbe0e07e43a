"""What ``doctor`` looks at in an agent: its configuration, files, variables, endpoints, memory, registry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from holodeck_tui.bundle.needs import missing_variables
from holodeck_tui.config.variables import export_them
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.base import HasRegistry
from holodeck_tui.deployers.catalog import create_deployer
from holodeck_tui.deployers.checks import Check, Verdict
from holodeck_tui.pipeline.validate import Report, validate

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

# An agent serving needs about 350 MB, and twice that while it starts and answers.
LEAST_MIB = 1024


def agent_checks(
    agent: Path, *, target: str | None, environment: str | None, cwd: Path, home: Path, ctx: Context
) -> tuple[list[Check], Settings | None]:
    """The checks, and the settings where there are any."""
    try:
        report = validate(agent, target=target, environment=environment, cwd=cwd, home=home, ctx=ctx)
    except Cancelled:
        raise
    except DeploymentError as error:
        return [Check("configuration", "fail", str(error), error.remedy)], None
    settings = report.settings
    if settings is None:
        return [_configuration(report)], None
    checks = [_configuration(Report(()))]
    if report.bundle is None:
        detail = "; ".join(f"{problem.path}: {problem.message}" for problem in report.errors)
        checks.append(Check("files", "fail", detail, "holodeck-deploy-tui validate"))
    else:
        bundle = report.bundle
        checks.append(Check("files", "ok", bundle.measure))
        missing = missing_variables(bundle)
        required = [need.name for need in missing if need.required]
        optional = [need.name for need in missing if not need.required]
        checks.append(check_variables(required, optional, len(bundle.needs)))
    checks += [check_endpoints(settings), check_memory(settings)]
    return checks, settings


def _configuration(report: Report) -> Check:
    if report.ok:
        return Check("configuration", "ok", "valid")
    first, more = report.errors[0], len(report.errors) - 1
    detail = str(first) + (f" (and {more} more)" if more else "")
    return Check("configuration", "fail", detail, "holodeck-deploy-tui validate")


def check_variables(required: Sequence[str], optional: Sequence[str], count: int) -> Check:
    """Whether everything the container asks for has a value."""
    if required:
        return _unset("fail", required, f"the container needs {'it' if len(required) == 1 else 'them'}")
    if optional:
        return _unset("warn", optional, "the agent may not answer without")
    return Check("variables", "ok", f"{count} needed, all set" if count else "none needed")


def _unset(status: Verdict, names: Sequence[str], why: str) -> Check:
    detail = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not set; {why}"
    return Check("variables", status, detail, export_them(names))


def check_endpoints(settings: Settings) -> Check:
    """Endpoints on this machine, which in a container is the container itself."""
    from holodeck_tui.bundle.endpoints import localhost_endpoints

    found = list(localhost_endpoints(settings))
    if not found:
        return Check("endpoints", "ok", "none on localhost")
    return Check("endpoints", "warn", " ".join(found), "Name a host that the container reaches.")


def check_memory(settings: Settings) -> Check:
    """The memory the service gets; none set means the whole machine's."""
    where, mebibytes = _memory(settings)
    if mebibytes is None:
        return Check("memory", "ok", "no limit is set")
    if mebibytes < LEAST_MIB:
        detail = f"{where} gives {mebibytes:g} MiB; an agent needs about 350 MB, and more while it starts"
        return Check("memory", "warn", detail, f"Give it 1Gi or more in {where}.")
    return Check("memory", "ok", f"{mebibytes:g} MiB ({where})")


def _memory(settings: Settings) -> tuple[str, float | None]:
    from holodeck_tui.models import sizes

    if settings.target == "local":
        limit = settings.overlay.local.memory_bytes
        return "local.memory of deploy.yaml", None if limit is None else limit / 2**20
    cloud = settings.deployment.target if settings.deployment is not None else None
    where = f"deployment.target.{settings.target}.memory"
    if cloud is None or settings.target != cloud.provider:
        return where, None
    amount = sizes.mebibytes(cloud.block.memory) or sizes.megabytes(cloud.block.memory)
    return where, None if amount is None else float(amount)


def check_registry(settings: Settings, ctx: Context) -> Check:
    """Whether the registry answers and takes the login; asks for the rights of a push."""
    from holodeck_tui.image.credentials import target_credential
    from holodeck_tui.image.reference import parse_reference
    from holodeck_tui.image.registry import Registry

    registry = settings.registry
    if settings.target == "local" or registry is None:
        return Check("registry", "skip", "this target needs none")
    deployer = create_deployer(settings.target)
    sources = deployer.credential_sources(settings) if isinstance(deployer, HasRegistry) else ()
    credential = target_credential(registry.host, settings, ctx, sources=sources)
    who = "with a login" if credential is not None else "without a login"
    with Registry(registry.url, credential, ctx) as client:
        client.want(registry.repository, "pull", "push")
        client.exists(parse_reference(f"{registry.url}/{registry.repository}:latest"))
    return Check("registry", "ok", f"{registry.url} answers {who}")
