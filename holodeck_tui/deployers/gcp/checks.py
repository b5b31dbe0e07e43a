"""What ``doctor`` looks at in Google Cloud: login, APIs, registry, secrets, logs. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.checks import Check, Verdict
from holodeck_tui.deployers.gcp.client import LIST_SECONDS, Clients
from holodeck_tui.deployers.gcp.names import Place, service_name
from holodeck_tui.deployers.gcp.registry import check_pullable, find_repository, repository_name

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

_PATIENCE = 5.0
# What is looked at, and what the role that deploys must hold of it.
_DEPLOYING = ("run.services.get", "run.services.update", "run.services.delete")


def checks(clients: Clients, place: Place, settings: Settings | None, ctx: Context) -> Iterator[Check]:
    """In the order of a deploy; what needs a login is left out where there is none."""
    scope = place.scope
    login = _look(f"{scope} credentials", lambda: ("ok", _identity(clients)))
    yield login
    if login.status != "ok":
        yield Check(f"{scope} Cloud Run", "skip", "there is no login to ask with")
        return
    yield _look(f"{scope} Cloud Run", lambda: ("ok", _run(clients, place)))
    yield _look(f"{scope} Secret Manager", lambda: ("ok", _secrets(clients, place)))
    yield _look(f"{scope} Cloud Logging", lambda: ("ok", _logging(clients, place)))
    yield _quota(place)
    if settings is None or settings.registry is None:
        return
    made = settings
    yield _look(f"{scope} registry", lambda: _registry(clients, made, ctx))
    yield _look(f"{scope} permissions", lambda: _permissions(clients, place, made))


def _identity(clients: Clients) -> str:
    if clients.is_local("RUN"):
        return "none is needed: Cloud Run's calls stay on this machine"
    credentials = clients.credentials()
    who = getattr(credentials, "service_account_email", None) or getattr(credentials, "account", None)
    return f"logged in as {who}" if who and who != "default" else "logged in"


def _run(clients: Clients, place: Place) -> str:
    request = {"parent": place.parent, "page_size": 1}
    _ask(clients, "Asking Cloud Run", clients.services.list_services, request)
    return f"the API answers for {place.project} in {place.location}"


def _secrets(clients: Clients, place: Place) -> str:
    request = {"parent": f"projects/{place.project}", "page_size": 1}
    _ask(clients, "Asking Secret Manager", clients.secrets.list_secrets, request)
    return "the API answers"


def _logging(clients: Clients, place: Place) -> str:
    request = {
        "resource_names": [f"projects/{place.project}"],
        "filter": 'resource.type="cloud_run_revision"',
        "page_size": 1,
    }
    _ask(clients, "Asking Cloud Logging", clients.logging.list_log_entries, request)
    return "the API answers"


def _quota(place: Place) -> Check:
    # Cloud Quotas has an API and a package of its own, for this one question.
    detail = "Google's quotas are not asked; a used up one is told by the deploy"
    remedy = (
        f"gcloud quotas info list --service=run.googleapis.com --project={place.project}  "
        f"(or https://console.cloud.google.com/iam-admin/quotas?project={place.project})"
    )
    return Check(f"{place.scope} quota", "skip", detail, remedy)


def _registry(clients: Clients, settings: Settings, ctx: Context) -> tuple[Verdict, str]:
    check_pullable(settings, ctx)
    assert settings.registry is not None
    name = repository_name(settings.registry)
    if name is None:
        return "warn", f"{settings.registry.host} is not Artifact Registry: the image must be public there"
    if find_repository(clients, name):
        return "ok", f"{settings.registry.image_name} can be pulled by Cloud Run"
    return "warn", f"the repository {name} does not exist yet; deploy with --create makes it"


def _permissions(clients: Clients, place: Place, settings: Settings) -> tuple[Verdict, str]:
    name = place.service(service_name(settings.agent_name, settings.environment))
    request = {"resource": name, "permissions": [*_DEPLOYING]}
    found = clients.call(
        "Asking what the login may do",
        clients.services.test_iam_permissions,
        request,
        seconds=LIST_SECONDS,
        patience=_PATIENCE,
    )
    lacking = [one for one in _DEPLOYING if one not in found.permissions]
    if lacking:
        return "fail", f"the login lacks {', '.join(lacking)}"
    return "ok", "the login may deploy and remove this service"


def _ask(clients: Clients, doing: str, function: Callable[..., object], request: object) -> None:
    clients.call(doing, function, request, seconds=LIST_SECONDS, patience=_PATIENCE)


def _look(name: str, look: Callable[[], tuple[Verdict, str]]) -> Check:
    try:
        status, detail = look()
    except Cancelled:
        raise
    except DeploymentError as error:
        return Check(name, "fail", str(error), error.remedy)
    remedy = ""
    if status == "fail":
        remedy = "gcloud projects add-iam-policy-binding PROJECT --member user:YOU --role roles/run.admin"
    elif "--create" in detail:
        remedy = "holodeck-deploy-tui deploy --create"
    return Check(name, status, detail, remedy)
