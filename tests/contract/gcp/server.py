"""All the servers of a Google Cloud on this machine: one gRPC port, one HTTP port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.cloud import artifactregistry_v1 as artifacts
from google.cloud import run_v2
from google.cloud import secretmanager_v1 as secrets
from google.cloud.location import locations_pb2
from google.cloud.logging_v2.types import logging as logs
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

from tests.contract.gcp.faults import Refusal, abort
from tests.contract.gcp.front import start_front
from tests.contract.gcp.logging_api import LoggingApi
from tests.contract.gcp.model import answer_flaws, as_json
from tests.contract.gcp.other_apis import ArtifactsApi, SecretsApi
from tests.contract.gcp.run_api import RunApi
from tests.contract.gcp.world import World

_APIS = ("RUN", "LOGGING", "SECRETMANAGER", "ARTIFACTREGISTRY")


@dataclass(frozen=True)
class Cloud:
    """A running one. ``environ`` is what points the command at it."""

    world: World
    address: str

    @property
    def environ(self) -> dict[str, str]:
        """The endpoint overrides, as gcloud reads them."""
        return {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}": f"http://{self.address}/" for api in _APIS}


@contextmanager
def cloud(world: World | None = None, *, port: int = 0) -> Iterator[Cloud]:
    """Start it, and stop it at the end. ``port`` 0 takes a free one."""
    world = world or World()
    front = start_front(world)
    server = grpc.server(
        futures.ThreadPoolExecutor(32),
        options=[("grpc.so_reuseport", 0), ("grpc.max_send_message_length", -1)],
    )
    server.add_generic_rpc_handlers(tuple(_handlers(world)))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield Cloud(world, f"127.0.0.1:{bound}")
    finally:
        server.stop(0).wait(5)
        front.shutdown()
        front.server_close()


def _handlers(world: World) -> Iterator[grpc.GenericRpcHandler]:
    run, keeper, store = RunApi(world), SecretsApi(world), ArtifactsApi(world)
    operation = operations_pb2.Operation
    get_operation = _unary(world, run.get_operation, operations_pb2.GetOperationRequest, operation)
    yield _service("google.cloud.run.v2.Services", {
        "UpdateService": _unary(world, run.update_service, run_v2.UpdateServiceRequest, operation),
        "GetService": _unary(world, run.get_service, run_v2.GetServiceRequest, run_v2.Service),
        "ListServices": _unary(
            world, run.list_services, run_v2.ListServicesRequest, run_v2.ListServicesResponse
        ),
        "DeleteService": _unary(world, run.delete_service, run_v2.DeleteServiceRequest, operation),
        "TestIamPermissions": _unary(
            world,
            run.test_iam_permissions,
            iam_policy_pb2.TestIamPermissionsRequest,
            iam_policy_pb2.TestIamPermissionsResponse,
        ),
    })  # fmt: skip
    yield _service("google.cloud.run.v2.Revisions", {
        "ListRevisions": _unary(
            world, run.list_revisions, run_v2.ListRevisionsRequest, run_v2.ListRevisionsResponse
        ),
        "GetRevision": _unary(world, run.get_revision, run_v2.GetRevisionRequest, run_v2.Revision),
    })  # fmt: skip
    yield _service("google.longrunning.Operations", {"GetOperation": get_operation})
    yield _service("google.cloud.secretmanager.v1.SecretManagerService", {
        "CreateSecret": _unary(world, keeper.create_secret, secrets.CreateSecretRequest, secrets.Secret),
        "GetSecret": _unary(world, keeper.get_secret, secrets.GetSecretRequest, secrets.Secret),
        "ListSecrets": _unary(
            world, keeper.list_secrets, secrets.ListSecretsRequest, secrets.ListSecretsResponse
        ),
        "AddSecretVersion": _unary(
            world, keeper.add_secret_version, secrets.AddSecretVersionRequest, secrets.SecretVersion
        ),
        "AccessSecretVersion": _unary(
            world,
            keeper.access_secret_version,
            secrets.AccessSecretVersionRequest,
            secrets.AccessSecretVersionResponse,
        ),
        "DeleteSecret": _unary(world, keeper.delete_secret, secrets.DeleteSecretRequest, empty_pb2.Empty),
        "GetIamPolicy": _unary(
            world, keeper.get_iam_policy, iam_policy_pb2.GetIamPolicyRequest, policy_pb2.Policy
        ),
        "SetIamPolicy": _unary(
            world, keeper.set_iam_policy, iam_policy_pb2.SetIamPolicyRequest, policy_pb2.Policy
        ),
    })  # fmt: skip
    yield _service("google.devtools.artifactregistry.v1.ArtifactRegistry", {
        "GetRepository": _unary(
            world, store.get_repository, artifacts.GetRepositoryRequest, artifacts.Repository
        ),
        "ListRepositories": _unary(
            world,
            store.list_repositories,
            artifacts.ListRepositoriesRequest,
            artifacts.ListRepositoriesResponse,
        ),
        "CreateRepository": _unary(
            world, store.create_repository, artifacts.CreateRepositoryRequest, operation
        ),
    })  # fmt: skip
    yield _service("google.cloud.location.Locations", {
        "ListLocations": _unary(
            world, store.list_locations, locations_pb2.ListLocationsRequest, locations_pb2.ListLocationsResponse
        ),
    })  # fmt: skip
    reader = LoggingApi(world)
    yield _service("google.logging.v2.LoggingServiceV2", {
        "ListLogEntries": _unary(
            world, reader.list_log_entries, logs.ListLogEntriesRequest, logs.ListLogEntriesResponse
        ),
        "TailLogEntries": _tail(world, reader),
    })  # fmt: skip


def _service(name: str, methods: dict[str, Any]) -> grpc.GenericRpcHandler:
    return grpc.method_handlers_generic_handler(name, methods)


def _unary(world: World, act: Callable[[Any], Any], asked: Any, answered: Any) -> Any:
    """One method: request and answer are noted and held against the published model."""
    method = "".join(word.capitalize() for word in act.__name__.split("_"))

    def handle(request: Any, context: grpc.ServicerContext) -> bytes:
        try:
            with world.call(method, as_json(_raw(request))):
                answer = act(request)
                raw = _raw(answer)
                flaws = answer_flaws(raw)
                world.wrong_answers += [f"{method}: {flaw}" for flaw in flaws]
                data: bytes = raw.SerializeToString()
        except Refusal as refusal:
            abort(context, refusal)
        return data

    read = getattr(asked, "deserialize", None) or asked.FromString
    del answered  # said for the reader: what the method answers with
    return grpc.unary_unary_rpc_method_handler(handle, read, lambda data: data)


def _tail(world: World, reader: LoggingApi) -> Any:
    def handle(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        try:
            with world.call("TailLogEntries", {}):
                pass
            yield from reader.tail(requests, context.is_active)
        except Refusal as refusal:
            abort(context, refusal)

    return grpc.stream_stream_rpc_method_handler(
        handle, logs.TailLogEntriesRequest.deserialize, lambda answer: answer.SerializeToString()
    )


def _raw(message: Any) -> Any:
    kind = type(message)
    return kind.pb(message) if hasattr(kind, "pb") else message
