"""Azure on this machine: Resource Manager, log streams, Log Analytics, a registry's token exchange.

Every request body and every answer is held to Microsoft's models; an answer of ours that does not fit is a
defect of this server and ends in HTTP 599. ``POST /_control`` sets :class:`Faults`; see ``__main__``.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from azure.mgmt.appcontainers import models as m

from tests.contract.azure import apps, streams
from tests.contract.azure.apps import Refused
from tests.contract.azure.model import flaws
from tests.contract.azure.world import LOCATION, SUBSCRIPTION, App, Body, World

_GROUP = r"^/subscriptions/[^/]+/resourceGroups/(?P<group>[^/]+)/providers/Microsoft\.App"
_APP = rf"{_GROUP}/containerApps/(?P<app>[^/]+)"
_REVISION = rf"{_APP}/revisions/(?P<revision>[^/]+)"


# Answers that were held to the model already; a listing of hundreds would be held to it again each time.
_FLAWLESS: set[tuple[type, bytes]] = set()


class AzureServer:
    """A running imitation with an address of its own."""

    def __init__(self, world: World | None = None, port: int = 0) -> None:
        self.world = world or World()
        handler = type("Handler", (Handler,), {"world": self.world})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environ(self) -> dict[str, str]:
        return {"AZURE_RESOURCE_MANAGER_ENDPOINT": self.url}

    def close(self) -> None:
        for app in self.world.apps.values():
            app.close()
        self._server.shutdown()
        self._server.server_close()


class Cut(Exception):
    """The connection ends without an answer."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world: World

    def log_message(self, *_: object) -> None:
        return

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    @property
    def base(self) -> str:
        return f"http://{self.headers['Host']}"

    def route(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(size) if size else b""
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        form = "x-www-form-urlencoded" in self.headers.get("Content-Type", "")
        body = dict(parse_qsl(raw.decode())) if form else (json.loads(raw) if raw else None)
        if parts.path.startswith("/_control"):
            return self.control(parts.path, body)
        with self.world.guard:
            self.world.requests.append((self.command, parts.path, parts.query, body))
        time.sleep(self.world.faults.latency)
        self.world.advance()
        try:
            self.answer_to(parts.path, query, body)
        except Cut:
            self.close_connection = True
            self.connection.shutdown(2)
        except _Said:
            pass
        except Refused as error:
            self.say(error.status, {"error": {"code": error.code, "message": error.message}})
        return None

    do_GET = do_PUT = do_PATCH = do_POST = do_DELETE = route  # noqa: N815 - the names of http.server

    def answer_to(self, path: str, query: dict[str, str], body: Any) -> None:
        if path == "/oauth2/exchange":
            return self.exchange(body)
        if re.match(r"/v1/workspaces/[^/]+/query$", path):
            return self.say(200, streams.history(self.world, body))
        if path.endswith(("/logstream", "/eventstream")):
            return streams.stream(self, self.world, path, query)
        if not self.headers.get("Authorization", "").startswith("Bearer "):
            raise Refused(401, "AuthenticationFailed", "The 'Authorization' header is missing.")
        self.misbehave(path)
        if "/containerappOperationStatuses/" in path:
            return self.poll(path)
        for pattern, method, act in ROUTES:
            match = re.match(pattern, path, re.IGNORECASE)
            if match and method == self.command:
                if "api-version" not in query:
                    raise Refused(
                        400, "MissingApiVersionParameter", "The api-version query parameter is required."
                    )
                with self.world.guard:
                    act(self, body, **match.groupdict())
                return None
        raise Refused(404, "InvalidResourceType", f"{self.command} {path} is not known here.")

    def misbehave(self, path: str) -> None:
        faults = self.world.faults
        changes = self.command in {"PUT", "PATCH", "DELETE"} or path.endswith(("/start", "/stop"))
        with self.world.guard:
            if faults.refusal:
                raise Refused(*faults.refusal)
            poll = "OperationStatuses" in path
            if faults.take("dropped") or (poll and faults.take("dropped_polls")):
                raise Cut
            if faults.take("throttled"):
                error = {"error": {"code": "TooManyRequests", "message": "Too many requests."}}
                self.say(429, error, **{"Retry-After": str(faults.retry_after)})
                raise _Said
            if faults.take("unavailable"):
                raise Refused(503, "ServiceUnavailable", "The service is unavailable.")
            if changes and not self.world.registered:
                text = "The subscription is not registered to use namespace 'Microsoft.App'. See https://aka.ms/rps."
                raise Refused(409, "MissingSubscriptionRegistration", text)
            if changes and "/containerApps/" in path and faults.take("busy"):
                raise _busy("it")

    # Long-running operations

    def accepted(self, status: int, body: Body | None, name: str, kind: type | None) -> None:
        """The first answer of an operation: Azure-AsyncOperation, and no Retry-After."""
        url = (
            f"{self.base}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.App/locations/{LOCATION}"
            f"/containerappOperationStatuses/{name}?api-version=2026-07-01"
        )
        self.say(status, body, kind, **{"Azure-AsyncOperation": url})

    def poll(self, path: str) -> None:
        operation = self.world.operations.get(path.rpartition("/")[2])
        if operation is None:
            raise Refused(404, "OperationNotFound", "There is no such operation.")
        if not operation.done:
            return self.say(200, {"status": "InProgress"})
        if operation.error:
            return self.say(200, {"status": "Failed", "error": operation.error})
        return self.say(200, {"status": "Succeeded"})

    # Apps

    def need(self, group: str, app: str) -> App:
        self.need_group(group)
        found = self.world.apps.get((group.lower(), app))
        if found is None:
            text = f"The Resource 'Microsoft.App/containerApps/{app}' under '{group}' was not found."
            raise Refused(404, "ResourceNotFound", text)
        return found

    def need_group(self, group: str) -> None:
        if group.lower() not in {one.lower() for one in self.world.groups}:
            raise Refused(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")

    def free(self, app: App | None) -> None:
        if app is not None and app.provisioning in {"InProgress", "Deleting"}:
            raise _busy(app.name)

    def put_app(self, body: Any, group: str, app: str) -> None:
        self.need_group(group)
        self.free(self.world.apps.get((group.lower(), app)))
        status, made, operation = apps.put(self.world, group, app, body)
        self.accepted(status, apps.show(self.world, made, self.base), operation, m.ContainerApp)

    def patch_app(self, body: Any, group: str, app: str) -> None:
        found = self.need(group, app)
        self.free(found)
        operation = apps.patch(self.world, found, body)
        self.accepted(202, apps.show(self.world, found, self.base), operation, m.ContainerApp)

    def get_app(self, body: Any, group: str, app: str) -> None:
        self.say(200, apps.show(self.world, self.need(group, app), self.base), m.ContainerApp)

    def delete_app(self, body: Any, group: str, app: str) -> None:
        found = self.world.apps.get((group.lower(), app))
        if found is None:
            return self.say(204)
        self.free(found)
        found.provisioning = "Deleting"

        def gone() -> None:
            self.world.apps.pop((group.lower(), app), None)
            threading.Thread(target=found.close, daemon=True).start()

        return self.accepted(202, None, self.world.start(gone), None)

    def list_apps(self, body: Any, group: str) -> None:
        self.need_group(group)
        found = [one for (where, _), one in sorted(self.world.apps.items()) if where == group.lower()]
        self.page([apps.show(self.world, one, self.base) for one in found], m.ContainerApp)

    def switch(self, body: Any, group: str, app: str, act: str) -> None:
        found = self.need(group, app)
        self.free(found)
        found.provisioning = "InProgress"

        def finish() -> None:
            found.stopped = act.lower() == "stop"
            found.provisioning = "Succeeded"

        self.accepted(202, None, self.world.start(finish), None)

    def secrets(self, body: Any, group: str, app: str) -> None:
        found = self.need(group, app)
        if self.world.faults.no_secrets:
            raise denied("Microsoft.App/containerApps/listSecrets/action", group)
        shown = [{**one} for one in found.secrets.values()]
        for one in shown:
            if one.get("identity"):
                one["identity"] = one["identity"].replace("resourceGroups", "resourcegroups")
        self.say(200, {"value": shown}, m.SecretsCollection)

    def token(self, body: Any, group: str, app: str) -> None:
        self.need(group, app)
        token = f"stream-token-{uuid.uuid4().hex}"
        self.world.tokens.add(token)
        expires = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
        self.say(
            200,
            {"location": LOCATION, "properties": {"token": token, "expires": expires}},
            m.ContainerAppAuthToken,
        )

    # Revisions and replicas

    def revisions(self, body: Any, group: str, app: str) -> None:
        found = self.need(group, app)
        self.page([apps.show_revision(found, one) for one in found.revisions], m.Revision)

    def find_revision(self, group: str, app: str, revision: str) -> Any:
        found = self.need(group, app)
        one = next((one for one in found.revisions if one.name == revision), None)
        if one is not None and one.hidden > 0:
            one.hidden -= 1
            one = None
        if one is None:
            raise Refused(404, "RevisionNotFound", f"The revision '{revision}' was not found.")
        return found, one

    def revision(self, body: Any, group: str, app: str, revision: str) -> None:
        self.say(200, apps.show_revision(*self.find_revision(group, app, revision)), m.Revision)

    def activate(self, body: Any, group: str, app: str, revision: str, act: str) -> None:
        _, one = self.find_revision(group, app, revision)
        one.active = act.lower() == "activate"
        one.ready_at = time.monotonic() + self.world.faults.starting
        self.say(200)

    def replicas(self, body: Any, group: str, app: str, revision: str) -> None:
        found, one = self.find_revision(group, app, revision)
        self.say(200, {"value": apps.show_replicas(found, one)}, m.ReplicaCollection)

    # Environments, groups, subscription

    def environment(self, body: Any, group: str, name: str) -> None:
        self.need_group(group)
        found = self.world.environments.get((group.lower(), name))
        if found is None:
            text = f"The Resource 'Microsoft.App/managedEnvironments/{name}' was not found."
            raise Refused(404, "ResourceNotFound", text)
        self.say(200, found, m.ManagedEnvironment)

    def put_environment(self, body: Any, group: str, name: str) -> None:
        self.need_group(group)
        problems = flaws(m.ManagedEnvironment, body, request=True)
        if problems:
            raise Refused(400, "InvalidRequestContent", "; ".join(problems))
        made = self.world.make_environment(group, name, body, "Waiting")

        def finish() -> None:
            made["properties"]["provisioningState"] = "Succeeded"

        self.accepted(201, made, self.world.start(finish), m.ManagedEnvironment)

    def list_environments(self, body: Any, group: str) -> None:
        self.need_group(group)
        found = [one for (where, _), one in self.world.environments.items() if where == group.lower()]
        self.page(found, m.ManagedEnvironment)

    def all_environments(self, body: Any) -> None:
        self.page(self.of_subscription(self.world.environments.values()), m.ManagedEnvironment)

    def of_subscription(self, found: Iterable[Body]) -> list[Body]:
        """Those of the subscription that is asked."""
        asked = self.path.split("/")[2].lower()
        return [one for one in found if one["id"].split("/")[2].lower() == asked]

    def subscription(self, body: Any) -> None:
        self.say(200, {"subscriptionId": SUBSCRIPTION, "displayName": "Contract", "state": "Enabled"})

    def group(self, body: Any, group: str) -> None:
        self.need_group(group)
        self.say(200, {"name": group, "location": LOCATION})

    def provider(self, body: Any) -> None:
        state = "Registered" if self.world.registered else "NotRegistered"
        self.say(200, {"namespace": "Microsoft.App", "registrationState": state})

    def register(self, body: Any) -> None:
        self.world.registered = True
        self.say(200, {"namespace": "Microsoft.App", "registrationState": "Registering"})

    def registries(self, body: Any) -> None:
        if self.world.faults.no_registries:
            raise denied("Microsoft.ContainerRegistry/registries/read", "agents")
        # A package that no other route needs.
        from azure.mgmt.containerregistry import models as acr

        self.page(self.of_subscription(self.world.container_registries), acr.Registry)

    def identities(self, body: Any) -> None:
        self.say(200, {"value": self.of_subscription(self.world.identities)})

    def identity(self, body: Any, name: str) -> None:
        self.say(200, {"name": name, "properties": {"principalId": "p"}})

    def usages(self, body: Any, location: str) -> None:
        if self.world.faults.no_usages:
            raise denied("Microsoft.App/locations/usages/read", "agents")
        one = {
            "unit": "Count",
            "currentValue": 15.0 if self.world.faults.used_up else 1.0,
            "limit": 15.0,
            "name": {"value": "ManagedEnvironmentCount"},
        }
        self.page([one], m.Usage)

    def exchange(self, body: Any) -> None:
        refusal = self.world.faults.refusal
        if refusal:
            return self.say(refusal[0], {"errors": [{"code": refusal[1], "message": refusal[2]}]})
        wanted = {"grant_type", "service", "access_token"}
        if not body or not wanted <= body.keys() or body["grant_type"] != "access_token":
            return self.say(400, {"errors": [{"code": "BAD_REQUEST", "message": "wrong form"}]})
        return self.say(200, {"refresh_token": f"refresh-for-{body['service']}"})

    # Answers

    def page(self, found: list[Body], kind: type) -> None:
        """A page of a listing; empty ones come first where it was told to misbehave."""
        query = dict(parse_qsl(urlsplit(self.path).query))
        skip, empty = int(query.get("$skip", 0)), int(query.get("empty", 0))
        size = self.world.faults.page_size
        for one in found[skip : skip + size]:
            self.hold(kind, one)
        path = urlsplit(self.path).path
        if empty < self.world.faults.empty_pages:
            link = f"{self.base}{path}?api-version=2026-07-01&empty={empty + 1}"
            return self.say(200, {"value": [], "nextLink": link})
        answer: Body = {"value": found[skip : skip + size]}
        if skip + size < len(found):
            answer["nextLink"] = f"{self.base}{path}?api-version=2026-07-01&$skip={skip + size}&empty={empty}"
        return self.say(200, answer)

    def hold(self, kind: type, body: Body) -> None:
        key = (kind, hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).digest())
        if key in _FLAWLESS:
            return
        problems = flaws(kind, body, request=False)
        if problems:
            raise Refused(599, "DefectOfTheImitation", "; ".join(problems))
        _FLAWLESS.add(key)

    def say(self, status: int, body: Any = None, kind: type | None = None, **headers: str) -> None:
        if kind is not None and isinstance(body, dict):
            self.hold(kind, body)
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Type", "application/json")
        self.send_header("x-ms-request-id", str(uuid.uuid4()))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def control(self, path: str, body: Any) -> None:
        world = self.world
        with world.guard:
            if path == "/_control/requests":
                return self.say(200, [list(one) for one in world.requests])
            if path == "/_control/lines":
                app = next(one for one in world.apps.values() if one.name == body["app"])
                assert app.latest is not None
                app.latest.lines += [(world.now(), text) for text in body["lines"]]
                return self.say(200, {})
            world.faults.set(body or {})
            if world.faults.unregistered:
                world.registered, world.faults.unregistered = False, False
        return self.say(200, {})


class _Said(Refused):
    """The answer was given already."""

    def __init__(self) -> None:
        super().__init__(0, "", "")


def _busy(name: str) -> Refused:
    text = f"Cannot modify a container app '{name}' because there is an active provisioning operation."
    return Refused(409, "ContainerAppOperationInProgress", text)


def denied(action: str, group: str) -> Refused:
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.App/containerApps/x"
    text = (
        f"The client 'tess' with object id 'o' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid."
    )
    return Refused(403, "AuthorizationFailed", text)


_SUBSCRIPTION = r"^/subscriptions/[^/]+"
ROUTES: list[tuple[str, str, Callable[..., None]]] = [
    (rf"{_APP}$", "PUT", Handler.put_app),
    (rf"{_APP}$", "PATCH", Handler.patch_app),
    (rf"{_APP}$", "GET", Handler.get_app),
    (rf"{_APP}$", "DELETE", Handler.delete_app),
    (rf"{_APP}/(?P<act>start|stop)$", "POST", Handler.switch),
    (rf"{_APP}/listSecrets$", "POST", Handler.secrets),
    (rf"{_APP}/getAuthtoken$", "POST", Handler.token),
    (rf"{_APP}/revisions/?$", "GET", Handler.revisions),
    (rf"{_REVISION}$", "GET", Handler.revision),
    (rf"{_REVISION}/(?P<act>activate|deactivate)$", "POST", Handler.activate),
    (rf"{_REVISION}/replicas$", "GET", Handler.replicas),
    (rf"{_GROUP}/containerApps/?$", "GET", Handler.list_apps),
    (rf"{_GROUP}/managedEnvironments/?$", "GET", Handler.list_environments),
    (rf"{_GROUP}/managedEnvironments/(?P<name>[^/]+)$", "GET", Handler.environment),
    (rf"{_GROUP}/managedEnvironments/(?P<name>[^/]+)$", "PUT", Handler.put_environment),
    (
        rf"{_SUBSCRIPTION}/providers/Microsoft\.App/managedEnvironments/?$",
        "GET",
        Handler.all_environments,
    ),
    (rf"{_SUBSCRIPTION}$", "GET", Handler.subscription),
    (rf"{_SUBSCRIPTION}/resourcegroups/(?P<group>[^/]+)$", "GET", Handler.group),
    (rf"{_SUBSCRIPTION}/providers/Microsoft\.App$", "GET", Handler.provider),
    (rf"{_SUBSCRIPTION}/providers/Microsoft\.App/register$", "POST", Handler.register),
    (
        rf"{_SUBSCRIPTION}/providers/Microsoft\.App/locations/(?P<location>[^/]+)/usages$",
        "GET",
        Handler.usages,
    ),
    (
        rf"{_SUBSCRIPTION}/providers/Microsoft\.ContainerRegistry/registries/?$",
        "GET",
        Handler.registries,
    ),
    (
        rf"{_SUBSCRIPTION}/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/?$",
        "GET",
        Handler.identities,
    ),
    (r"^/subscriptions/.*/userAssignedIdentities/(?P<name>[^/]+)$", "GET", Handler.identity),
]
