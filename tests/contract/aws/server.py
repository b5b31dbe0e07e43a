"""One address for all of AWS: our own state machines, and moto behind a proxy that holds it to the models.

Which service a request is for stands in its signature (``Credential=KEY/date/region/service/aws4_request``).
Every request is held to botocore's model before it is served, every answer of ours before it is sent.
``POST /_control`` gives orders (:meth:`World.told`), ``GET /_control`` tells the calls and the violations.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl

from botocore.model import OperationModel

from tests.contract.aws.apprunner import AppRunner
from tests.contract.aws.ecs import EcsExpress
from tests.contract.aws.model import corrected, flaws, service_model, told_by
from tests.contract.aws.quotas import ServiceQuotas
from tests.contract.aws.tagging import Tagging
from tests.contract.aws.world import REGION, Fault, World

# Signing names that are not botocore's names.
_NAMES = {"tagging": "resourcegroupstaggingapi", "servicequotas": "service-quotas"}
_SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([\w-]+)/([\w-]+)/aws4_request")

# What moto calls by the other operation's name for it.
_MISNAMED = {
    ("secretsmanager", "DescribeSecret"): {"SecretVersionsToStages": "VersionIdsToStages"},
    ("secretsmanager", "ListSecrets"): {"VersionIdsToStages": "SecretVersionsToStages"},
}

# Answers that were held to the model already; a listing of hundreds would be held to it again each time.
_FLAWLESS: set[tuple[str, str, bytes]] = set()


class Machine(Protocol):
    """A service of our own: ``handle`` answers or raises :class:`Fault`."""

    service: str

    def handle(self, operation: str, body: dict[str, Any]) -> dict[str, Any]: ...

    def resources(self) -> dict[str, dict[str, str]]:
        """ARN → tags of what the tagging API finds."""

    def close(self) -> None: ...


@dataclass
class AwsServer:
    """Running once made; ``machines`` by botocore's service name. :meth:`close` ends it."""

    world: World = field(default_factory=World)
    port: int = 0

    def __post_init__(self) -> None:
        from moto.server import ThreadedMotoServer

        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        self.moto_port = int(self._moto.get_host_and_port()[1])
        self.apprunner = AppRunner(self.world, self.write_log)
        self.ecs = EcsExpress(self.world, self._write_stream, self.read_secret)
        self.quotas = ServiceQuotas()
        mine: list[Machine] = [self.apprunner, self.ecs, self.quotas]
        self.machines = {machine.service: machine for machine in mine}
        self.tagging = Tagging(self.world, self.machines)
        handler = type("Handler", (_Handler,), {"aws": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}
        ).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environ(self) -> dict[str, str]:
        """What a command needs to use this server and nothing else."""
        return {"AWS_ENDPOINT_URL": self.url, "AWS_EC2_METADATA_DISABLED": "true"}

    def client(self, service: str) -> Any:
        """A real client of moto, for a test's own preparations."""
        return _client(service, self.moto_port)

    def write_log(
        self, group: str, lines: list[str], *, moment: float | None = None, stream: str = "events"
    ) -> None:
        logs = self.client("logs")
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        begin = int((time.time() if moment is None else moment) * 1000)
        events = [{"timestamp": begin, "message": line} for line in lines]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def _write_stream(self, group: str, lines: list[str], stream: str) -> None:
        self.write_log(group, lines, stream=stream)

    def read_secret(self, reference: str) -> str:
        """As ECS does, by ``arn:json-key:version-stage:version-id``; LookupError where there is none."""
        from botocore.exceptions import ClientError

        if ":secretsmanager:" not in reference:
            return ""
        parts = reference.split(":")
        wanted = {"SecretId": ":".join(parts[:7])}
        if len(parts) == 10 and parts[9]:
            wanted["VersionId"] = parts[9]
        try:
            return str(self.client("secretsmanager").get_secret_value(**wanted)["SecretString"])
        except ClientError as error:
            raise LookupError(str(error)) from error

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Within it nothing that is begun comes to an end; all of it does then."""
        before, self.world.seconds = self.world.seconds, 3600.0
        try:
            yield
        finally:
            with self.world.guard:
                self.world.seconds = before
                rollouts = [one for each in self.ecs.services.values() for one in each.rollouts]
                for under_way in (*self.apprunner.running.values(), *rollouts):
                    under_way.seconds = 0.0

    def reset(self) -> None:
        """Forget what moto keeps for the whole process."""
        import httpx

        httpx.post(f"http://127.0.0.1:{self.moto_port}/moto-api/reset", trust_env=False).raise_for_status()

    def close(self) -> None:
        for machine in self.machines.values():
            machine.close()
        self._server.shutdown()
        self._server.server_close()
        self._moto.stop()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet for an answer: in two, the second one waits 40 ms for the first one's acknowledgement.
    wbufsize = 1 << 20
    disable_nagle_algorithm = True
    aws: AwsServer

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        world = self.aws.world
        with world.guard:
            document = {"calls": world.calls, "violations": world.violations}
        self._send(200, json.dumps(document).encode())

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/_control":
            return self._send(200, json.dumps(self.aws.world.told(json.loads(raw))).encode())
        scope = _SCOPE.search(self.headers.get("Authorization", ""))
        if scope is None:
            return self._fault(
                Fault("MissingAuthenticationTokenException", "Request is missing a token.", 403)
            )
        key, region, name = scope.groups()
        service = _NAMES.get(name, name)
        operation, body = self._read(service, raw)
        world = self.aws.world
        with world.guard:
            world.calls.append(
                {"service": service, "operation": operation, "body": body, "key": key, "region": region}
            )
        time.sleep(world.latency)
        rule = world.rule(service, operation)
        if rule is not None and rule.do == "slow":
            time.sleep(rule.seconds)
        if rule is not None and rule.do == "drop":
            return self._drop()
        if rule is not None and rule.do == "error":
            return self._fault(Fault(rule.code, rule.message, rule.status))
        lost = rule is not None and rule.do == "drop-after"
        self._serve(service, operation, body, raw, lost=lost)
        return None

    def _read(self, service: str, raw: bytes) -> tuple[str, dict[str, Any]]:
        target = self.headers.get("X-Amz-Target")
        if target is not None:
            return target.rpartition(".")[2], json.loads(raw or b"{}")
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True))
        form.pop("Version", None)
        return form.pop("Action", "?"), form

    def _serve(self, service: str, operation: str, body: dict[str, Any], raw: bytes, *, lost: bool) -> None:
        world = self.aws.world
        model = service_model(service).operation_model(operation)
        bad = flaws(body, model.input_shape) if model.input_shape is not None else []
        if bad:
            with world.guard:
                world.violations += [f"request {service}.{operation}: {one}" for one in bad]
            return self._fault(Fault("InvalidRequestException", "; ".join(bad)))
        machine = self.aws.tagging if service == self.aws.tagging.service else self.aws.machines.get(service)
        if machine is None or not self._is_ours(machine, operation):
            return self._forward(service, model, raw, lost=lost)
        metadata = service_model(service).metadata
        version = metadata.get("jsonVersion", "1.1")
        if self.headers.get("Content-Type") != f"application/x-amz-json-{version}":
            world.violations.append(f"request {service}.{operation}: {self.headers.get('Content-Type')}")
        if not self.headers["X-Amz-Target"].startswith(f"{metadata['targetPrefix']}."):
            world.violations.append(f"request {service}.{operation}: {self.headers['X-Amz-Target']}")
        try:
            answer = machine.handle(operation, body)
            with world.guard:
                data = json.dumps(answer).encode()
                key = (service, operation, hashlib.sha256(data).digest())
                if model.output_shape is not None and key not in _FLAWLESS:
                    found = flaws(answer, model.output_shape)
                    world.violations += [f"answer {service}.{operation}: {one}" for one in found]
                    _FLAWLESS.update({key} if not found else ())
        except Fault as fault:
            known = {shape.name for shape in model.error_shapes}
            if fault.code not in known | _COMMON:
                world.violations.append(f"{service}.{operation} may not raise {fault.code}")
            return self._fault(fault)
        return self._drop() if lost else self._send(200, data, f"application/x-amz-json-{version}")

    def _is_ours(self, machine: Any, operation: str) -> bool:
        """A machine may leave operations of its service to moto."""
        theirs = getattr(machine, "leaves", None)
        return theirs is None or not theirs(operation)

    def _forward(self, service: str, model: OperationModel, raw: bytes, *, lost: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.aws.moto_port, timeout=30)
        headers = {name: text for name, text in self.headers.items() if name.lower() != "host"}
        connection.request("POST", self.path, raw, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if lost:
            return self._drop()
        if answer.status == 200:
            if "json" in service_model(service).metadata["protocol"]:
                said = corrected(json.loads(data or b"{}"), _MISNAMED.get((service, model.name), {}))
                data = json.dumps(said).encode()
            told = told_by(service_model(service), model, data, answer.headers)
            found = flaws(told, model.output_shape) if model.output_shape is not None else []
            with self.aws.world.guard:
                self.aws.world.violations += [f"moto's answer {service}.{model.name}: {one}" for one in found]
        kind = answer.headers.get("Content-Type", "application/x-amz-json-1.1")
        kept = {name: text for name, text in answer.headers.items() if name.lower().startswith("x-amz")}
        return self._send(answer.status, data, kind, kept)

    def _fault(self, fault: Fault) -> None:
        if "X-Amz-Target" in self.headers:
            body = {"__type": f"com.amazonaws#{fault.code}", "message": fault.message}
            return self._send(fault.status, json.dumps(body).encode(), "application/x-amz-json-1.0")
        text = (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{fault.code}</Code><Message>{fault.message}</Message></Error></ErrorResponse>"
        )
        return self._send(fault.status, text.encode(), "text/xml")

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _send(
        self,
        status: int,
        body: bytes,
        kind: str = "application/json",
        more: Mapping[str, str] = {},
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if not any(name.lower() == "x-amzn-requestid" for name in more):
            self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, text in more.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)


# "Common Errors" of every API reference.
_COMMON = {"AccessDeniedException", "ThrottlingException", "ExpiredTokenException", "ValidationException"}


@cache
def _client(service: str, port: int) -> Any:
    import boto3

    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="of-the-test",
        aws_secret_access_key="of-the-test",
    )
