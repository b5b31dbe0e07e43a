"""Secret Manager: values go there and nowhere else; the service refers to one version of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.environment import Values
from holodeck_tui.deployers.gcp.accounts import allow_reading
from holodeck_tui.deployers.gcp.client import Clients
from holodeck_tui.deployers.gcp.errors import is_not_found
from holodeck_tui.deployers.gcp.names import MANAGED_BY, OURS, SERVICE_LABEL, Place, secret_id, short
from holodeck_tui.deployers.gcp.noted import noted

T = TypeVar("T")

_REF = re.compile(
    r"(?P<secret>(?:projects/[^/:]+/secrets/)?[A-Za-z0-9_-]{1,255})(?:(?:/versions/|:)(?P<version>[\w-]+))?"
)


@dataclass(frozen=True)
class SecretRef:
    """What the service is told: a secret's id (or full name) and one version of it, or ``latest``.

    ``version`` None: the value is not in the store yet.
    """

    secret: str
    version: str | None


def parse_ref(name: str, ref: str, place: Place) -> SecretRef:
    """``NAME``, ``NAME:VERSION`` or ``projects/P/secrets/NAME[/versions/V]``; raises ``config-invalid``."""
    match = _REF.fullmatch(ref.strip())
    if match is None:
        raise DeploymentError(
            "config-invalid",
            f"The reference of the secret {name} is not one of Secret Manager.",
            reason="it is neither NAME nor projects/PROJECT/secrets/NAME",
            remedy=f"In deploy.yaml: secrets: {{{name}: {{ref: projects/{place.project}/secrets/NAME}}}}",
        )
    own = f"projects/{place.project}/secrets/"
    return SecretRef(match["secret"].removeprefix(own), match["version"] or "latest")


class SecretStore:
    """The secrets of one service. ``labels`` is what those that we make carry."""

    def __init__(
        self, clients: Clients, place: Place, service: str, labels: Mapping[str, str], ctx: Context
    ) -> None:
        self._clients = clients
        self._place = place
        self._service = service
        self._labels = dict(labels)
        self._ctx = ctx

    def look(self, values: Values) -> dict[str, SecretRef]:
        """What each is now, changing nothing."""
        found = {name: parse_ref(name, ref, self._place) for name, ref in values.refs.items()}
        for name, value in values.secret.items():
            found[name] = self._look(name, None if name in values.unset else value)
        return {name: found[name] for name in sorted(found)}

    def put(self, values: Values, account: str | None) -> dict[str, SecretRef]:
        """Have every value in the store; a changed one becomes a new version of its secret.

        ``account`` (an e-mail; None: the project's default one) may read those that we made.
        """
        found = self.look(values)
        for name, value in values.secret.items():
            if found[name].version is None:
                with noted(self._ctx, "store secret", secret=found[name].secret):
                    found[name] = self._add(name, value, account)
        return found

    def ours(self) -> list[str]:
        """The full names of the secrets that carry the service's tag."""
        wanted = f"labels.{MANAGED_BY}={OURS} AND labels.{SERVICE_LABEL}={self._service}"
        request = {"parent": f"projects/{self._place.project}", "filter": wanted, "page_size": 250}
        found = self._clients.all("Listing the secrets", self._clients.secrets.list_secrets, request)
        # Believe the labels, not the filter: what is not ours must never be removed.
        return [one.name for one in found if self._is_ours(one.labels)]

    def remove(self, name: str) -> None:
        """Remove one of :meth:`ours`, with all its versions. One that is gone is fine."""
        delete = self._clients.secrets.delete_secret

        def remove(**options: Any) -> None:
            try:
                delete(**options)
            except Exception as error:
                if not is_not_found(error):
                    raise

        with noted(self._ctx, "delete secret", secret=short(name)):
            self._clients.call(f"Removing the secret {short(name)}", remove, {"name": name})

    def _look(self, variable: str, value: str | None) -> SecretRef:
        identity = secret_id(self._service, variable)
        if value is None:
            return SecretRef(identity, None)
        name = f"projects/{self._place.project}/secrets/{identity}/versions/latest"
        latest = self._optional(
            "Reading a secret's latest version", self._clients.secrets.access_secret_version, {"name": name}
        )
        same = latest is not None and latest.payload.data == value.encode("utf-8", "surrogateescape")
        return SecretRef(identity, short(latest.name) if same and latest is not None else None)

    def _optional(self, doing: str, function: Callable[..., T], request: object) -> T | None:
        """The answer, or None: not there, switched off, or not ours to read (then it is written anew)."""

        def ask(**options: Any) -> T | None:
            from google.api_core import exceptions

            try:
                return function(**options)
            except (exceptions.NotFound, exceptions.FailedPrecondition):
                return None
            except exceptions.PermissionDenied as error:
                if error.reason == "SERVICE_DISABLED":
                    raise
                return None

        return self._clients.call(doing, ask, request)

    def _add(self, variable: str, value: str, account: str | None) -> SecretRef:
        identity = secret_id(self._service, variable)
        client = self._clients.secrets
        parent = f"projects/{self._place.project}"
        name = f"{parent}/secrets/{identity}"
        found = self._optional("Looking a secret up", client.get_secret, {"name": name})
        if found is None:
            request = {
                "parent": parent,
                "secret_id": identity,
                "secret": {"labels": self._labels, "replication": {"automatic": {}}},
            }
            found = self._clients.call(f"Making the secret {identity}", client.create_secret, request)
        elif not self._is_ours(found.labels):
            raise DeploymentError(
                "deploy-failed",
                f"The value of {variable} cannot be stored.",
                reason=f"a secret {identity} is there that this tool did not make",
                remedy=f"Refer to it in deploy.yaml: secrets: {{{variable}: {{ref: {identity}}}}}",
            )
        payload = {"parent": name, "payload": {"data": value.encode("utf-8", "surrogateescape")}}
        version = self._clients.call(f"Storing the value of {variable}", client.add_secret_version, payload)
        allow_reading(self._clients, name, found.name, account, self._ctx)
        return SecretRef(identity, short(version.name))

    def _is_ours(self, labels: Mapping[str, str]) -> bool:
        return labels.get(MANAGED_BY) == OURS and labels.get(SERVICE_LABEL) == self._service
