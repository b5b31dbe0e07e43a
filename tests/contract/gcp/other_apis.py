"""Secret Manager and Artifact Registry."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timezone

from google.cloud import artifactregistry_v1 as artifacts
from google.cloud import secretmanager_v1 as secrets
from google.cloud.location import locations_pb2
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

from tests.contract.gcp.faults import Refusal, invalid, not_found
from tests.contract.gcp.model import name_flaw, request_flaws
from tests.contract.gcp.rules import label_flaws
from tests.contract.gcp.world import World, number_of, operation_answer

_SECRET_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_REPOSITORY_ID = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MOST = 65536
_LOCATIONS = ("asia-east1", "europe", "europe-west1", "us", "us-central1", "us-east4")


class SecretsApi:
    """google.cloud.secretmanager.v1 SecretManagerService; names in answers have the project's number."""

    def __init__(self, world: World) -> None:
        self.world = world

    def create_secret(self, request: secrets.CreateSecretRequest) -> secrets.Secret:
        """An empty secret."""
        flaws = request_flaws(secrets.Secret.pb(request.secret))
        flaws += [f"secret.{flaw}" for flaw in label_flaws("labels", request.secret.labels)]
        if not _SECRET_ID.fullmatch(request.secret_id):
            flaws.append(f"secretId {request.secret_id!r}")
        if not secrets.Secret.pb(request.secret).replication.WhichOneof("replication"):
            flaws.append("secret.replication is required")
        if flaws:
            raise invalid(*flaws)
        name = f"{request.parent}/secrets/{request.secret_id}"
        if name in self.world.secrets:
            raise Refusal("ALREADY_EXISTS", f"Secret [{name}] already exists.")
        made = secrets.Secret(request.secret)
        made.name, made.create_time = _numbered(name), datetime.now(timezone.utc)
        made.etag = f'"{uuid.uuid4().hex[:12]}"'
        self.world.secrets[name], self.world.payloads[name] = made, []
        return made

    def get_secret(self, request: secrets.GetSecretRequest) -> secrets.Secret:
        """One secret, without its value."""
        flaw = name_flaw("secretmanager.v1", "secretmanager.projects.secrets.get", "name", request.name)
        if flaw:
            raise invalid(flaw)
        return self._secret(request.name)

    def list_secrets(self, request: secrets.ListSecretsRequest) -> secrets.ListSecretsResponse:
        """Those that the filter fits: terms of labels joined by AND."""
        terms = [term.partition("=") for term in request.filter.split(" AND ") if term]
        if any(not key.startswith("labels.") for key, _, _ in terms):
            raise invalid(f"filter {request.filter}")
        found = [
            one
            for name, one in sorted(self.world.secrets.items())
            if name.startswith(f"{request.parent}/secrets/")
            and all(one.labels.get(key.removeprefix("labels.")) == value for key, _, value in terms)
        ]
        start, size = int(request.page_token or 0), request.page_size or 250
        more = start + size < len(found)
        return secrets.ListSecretsResponse(
            secrets=found[start : start + size], next_page_token=str(start + size) if more else ""
        )

    def add_secret_version(self, request: secrets.AddSecretVersionRequest) -> secrets.SecretVersion:
        """A new value."""
        self._secret(request.parent)
        if len(request.payload.data) > _MOST:
            raise invalid("payload.data is larger than 64 KiB")
        versions = self.world.payloads[request.parent]
        versions.append(request.payload.data)
        return secrets.SecretVersion(
            name=f"{_numbered(request.parent)}/versions/{len(versions)}",
            create_time=datetime.now(timezone.utc),
            state=secrets.SecretVersion.State.ENABLED,
            etag=f'"{uuid.uuid4().hex[:12]}"',
        )

    def access_secret_version(
        self, request: secrets.AccessSecretVersionRequest
    ) -> secrets.AccessSecretVersionResponse:
        """The value."""
        name, _, version = request.name.rpartition("/versions/")
        self._secret(name)
        versions = self.world.payloads[name]
        number = len(versions) if version == "latest" else int(version)
        if not 1 <= number <= len(versions):
            raise not_found("SECRET_VERSION", request.name)
        return secrets.AccessSecretVersionResponse(
            name=f"{_numbered(name)}/versions/{number}",
            payload=secrets.SecretPayload(data=versions[number - 1]),
        )

    def delete_secret(self, request: secrets.DeleteSecretRequest) -> empty_pb2.Empty:
        """The secret and all its versions. The name may have the number in it."""
        name = self._plain(request.name)
        self._secret(name)
        del self.world.secrets[name], self.world.payloads[name]
        self.world.policies.pop(name, None)
        return empty_pb2.Empty()

    def get_iam_policy(self, request: iam_policy_pb2.GetIamPolicyRequest) -> policy_pb2.Policy:
        """Who may read it."""
        self._secret(request.resource)
        found: policy_pb2.Policy = self.world.policies.get(request.resource, policy_pb2.Policy(etag=b"0"))
        return found

    def set_iam_policy(self, request: iam_policy_pb2.SetIamPolicyRequest) -> policy_pb2.Policy:
        """Say who may read it."""
        self._secret(request.resource)
        self.world.policies[request.resource] = request.policy
        return request.policy

    def _secret(self, name: str) -> secrets.Secret:
        found = self.world.secrets.get(self._plain(name))
        if found is None:
            raise not_found("Secret", name)
        made: secrets.Secret = found
        return made

    def _plain(self, name: str) -> str:
        for known in self.world.secrets:
            if name in {known, _numbered(known)}:
                return known
        return name


class ArtifactsApi:
    """google.devtools.artifactregistry.v1 ArtifactRegistry."""

    def __init__(self, world: World) -> None:
        self.world = world

    def get_repository(self, request: artifacts.GetRepositoryRequest) -> artifacts.Repository:
        """One repository."""
        found = self.world.repositories.get(request.name)
        if found is None:
            raise not_found("Repository", request.name)
        made: artifacts.Repository = found
        return made

    def list_repositories(
        self, request: artifacts.ListRepositoriesRequest
    ) -> artifacts.ListRepositoriesResponse:
        """Those of one location."""
        if not re.fullmatch(r"projects/[^/]+/locations/[^/]+", request.parent):
            raise invalid(f"parent {request.parent!r}")
        parent = f"{request.parent}/repositories/"
        found = [one for name, one in self.world.repositories.items() if name.startswith(parent)]
        return artifacts.ListRepositoriesResponse(repositories=found)

    def list_locations(
        self, request: locations_pb2.ListLocationsRequest
    ) -> locations_pb2.ListLocationsResponse:
        """Where repositories can be."""
        flaw = name_flaw(
            "artifactregistry.v1", "artifactregistry.projects.locations.list", "name", request.name
        )
        if flaw:
            raise invalid(flaw)
        answer = locations_pb2.ListLocationsResponse()
        for place in _LOCATIONS:
            answer.locations.add(
                name=f"{request.name}/locations/{place}", location_id=place, display_name=place.title()
            )
        return answer

    def create_repository(self, request: artifacts.CreateRepositoryRequest) -> operations_pb2.Operation:
        """A repository, after its time."""
        flaws = request_flaws(artifacts.Repository.pb(request.repository))
        if not _REPOSITORY_ID.fullmatch(request.repository_id):
            flaws.append(f"repositoryId {request.repository_id!r}")
        if not request.repository.format_:
            flaws.append("repository.format is required")
        if flaws:
            raise invalid(*flaws)
        name = f"{request.parent}/repositories/{request.repository_id}"
        if name in self.world.repositories:
            raise Refusal("ALREADY_EXISTS", "the repository already exists")
        made = artifacts.Repository(request.repository)
        made.name, made.create_time = name, datetime.now(timezone.utc)
        made.mode = artifacts.Repository.Mode.STANDARD_REPOSITORY

        def there() -> None:
            self.world.repositories[name] = made

        running = self.world.start(name, request.parent, there)
        running.response = lambda: artifacts.Repository.pb(made)
        return operation_answer(running)


def _numbered(name: str) -> str:
    project = name.split("/")[1]
    return name.replace(f"projects/{project}/", f"projects/{number_of(project)}/", 1)
