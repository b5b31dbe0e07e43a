"""A registry that follows the distribution specification, with the habits of five vendors.

``test_vendors.py`` holds it against the real docker-registry, answer by answer, so that it cannot drift
into something that no registry does. What differs between vendors stands in :class:`Habits`, with where it
was read.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

USER, PASSWORD, REFRESH = "alice", "pass-word-of-alice", "refresh-token-of-alice"


@dataclass
class Habits:
    """What a vendor does in its own way.

    ``auth``: ``bearer``, ``basic`` or none. ``token_fields``: what the token server answers with.
    ``public``: repositories that anybody may read. ``mounts``: a blob can be taken over from another
    repository. ``storage``: blobs come by redirect from another host, which refuses our header, as
    object stores do when a link is signed already. ``creates``: a push makes the repository.
    """

    name: str
    auth: str = "bearer"
    service: str = ""
    token_fields: tuple[str, ...] = ("token", "access_token")
    token_life: float | None = 300.0
    token_uses: int | None = None
    public: tuple[str, ...] = ()
    mounts: bool = True
    storage: bool = False
    creates: bool = True
    absolute_location: bool = False
    upload_path: str = "/v2/{repository}/blobs/uploads/{id}"
    deletes: bool = True
    tags_before_digest: bool = False
    refuses_wide_scopes: bool = False


# docs.docker.com/docker-hub/api, distribution.github.io/distribution/spec/auth
HUB = Habits("docker.io", service="registry.docker.io", public=("library/python",))
# ghcr.io/token answers with `token` alone; blobs lie at pkg-containers.githubusercontent.com; no DELETE
GHCR = Habits("ghcr.io", service="ghcr.io", token_fields=("token",), token_life=None, storage=True,
              deletes=False, refuses_wide_scopes=True)  # fmt: skip
# docs.aws.amazon.com/AmazonECR, registry API; layers come from S3 by a signed link; repositories come first
ECR = Habits("1.dkr.ecr.eu-west-1.amazonaws.com", auth="basic", service="ecr.amazonaws.com", mounts=False,
             storage=True, creates=False, absolute_location=True, deletes=False)  # fmt: skip
# cloud.google.com/artifact-registry: uploads go outside /v2; a manifest that has tags cannot be deleted
GAR = Habits("europe-docker.pkg.dev", service="europe-docker.pkg.dev", token_fields=("token", "expires_in"),
             upload_path="/artifacts-uploads/namespaces/p/repositories/r/uploads/{id}",
             tags_before_digest=True)  # fmt: skip
# github.com/Azure/acr: docs/AAD-OAuth.md; the token server answers with `access_token` alone
ACR = Habits("my.azurecr.io", service="my.azurecr.io", token_fields=("access_token",), token_life=None,
             storage=True)  # fmt: skip
PLAIN = Habits("plain", auth="")


@dataclass
class Vendor:
    """A running imitation. ``requests`` are all it got: method, path with query, headers."""

    habits: Habits
    address: str = ""
    storage_address: str = ""
    blobs: dict[str, dict[str, bytes]] = field(default_factory=dict)
    manifests: dict[str, dict[str, tuple[str, bytes]]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    guard: threading.RLock = field(default_factory=threading.RLock)

    def create(self, repository: str) -> None:
        self.blobs.setdefault(repository, {})
        self.manifests.setdefault(repository, {})
        self.tags.setdefault(repository, {})

    def put_image(self, repository: str, tag: str, manifest: bytes, media_type: str, *blobs: bytes) -> str:
        self.create(repository)
        for blob in blobs:
            self.blobs[repository][digest_of(blob)] = blob
        self.manifests[repository][digest_of(manifest)] = (media_type, manifest)
        self.tags[repository][tag] = digest_of(manifest)
        return digest_of(manifest)

    def count(self, method: str, path: str) -> int:
        return sum(1 for verb, one, _ in self.requests if verb == method and re.search(path, one))

    def may(self, user: str | None, repository: str, action: str) -> bool:
        """Alice may do anything under team/; anybody may read what is public."""
        if action == "pull" and repository in self.habits.public:
            return True
        return user == USER and (repository.startswith("team/") or action == "pull")


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    vendor: Vendor

    def log_message(self, *_: Any) -> None:
        return

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status: int, code: str, message: str = "", **headers: str) -> None:
        body = json.dumps({"errors": [{"code": code, "message": message or code.lower()}]}).encode()
        self.answer(status, body, Content_Type="application/json", **headers)

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        self.vendor.requests.append(
            (self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
        )
        parts = urlsplit(self.path)
        with self.vendor.guard:
            self.route(parts.path, parse_qs(parts.query, keep_blank_values=True), body)

    def route(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        raise NotImplementedError

    # http.server's own spelling
    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = handle_any  # noqa: N815


class _Storage(_Answer):
    """The object store behind a registry: a signed link and another proof of who asks are an error."""

    def route(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        if self.headers.get("Authorization"):
            return self.error(400, "INVALIDARGUMENT", "Only one auth mechanism allowed")
        repository, _, digest = path.lstrip("/").rpartition("/")
        return self.answer(200, self.vendor.blobs[repository][digest])


class _Registry(_Answer):
    def route(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        vendor, habits = self.vendor, self.vendor.habits
        if path == "/token" or path == "/oauth2/token":
            return self.token(query, body)
        upload = re.fullmatch(
            re.escape(habits.upload_path)
            .replace(r"\{repository\}", "(.+)")
            .replace(r"\{id\}", "([0-9a-f-]{36})"),
            path,
        )
        found = re.fullmatch(r"/v2/(.+)/(manifests|blobs|tags)/(.+)", path)
        if upload:
            return self.upload(upload.groups()[-1], query, body)
        if path == "/v2/":
            return self.answer(200, b"{}") if self.allowed("", "") else None
        if not found:
            return self.error(404, "UNSUPPORTED")
        repository, kind, target = found.groups()
        action = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}.get(self.command, "push")
        if not self.allowed(repository, action):
            return None
        if repository not in vendor.blobs and (action != "push" or not habits.creates):
            if kind == "blobs" and self.command == "HEAD":
                return self.answer(404)
            return self.error(404, "NAME_UNKNOWN", f"The repository with name '{repository}' does not exist")
        if kind == "blobs" and target == "uploads/":
            return self.open_upload(repository, query)
        return getattr(self, f"on_{kind}")(repository, target, body)  # type: ignore[no-any-return]

    def allowed(self, repository: str, action: str) -> bool:
        """Answer 401 with the vendor's challenge unless the request proves who it is from."""
        habits, given = self.vendor.habits, self.headers.get("Authorization", "")
        if not habits.auth:
            return True
        if habits.auth == "basic":
            if given == f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}":
                if not repository or self.vendor.may(USER, repository, action):
                    return True
                self.error(403, "DENIED", f"User is not authorized to perform this on {repository}")
                return False
            challenge = f'Basic realm="https://{habits.name}/",service="{habits.service}"'
            self.error(401, "UNAUTHORIZED", "Not Authorized", WWW_Authenticate=challenge)
            return False
        token = self.vendor.tokens.get(given.removeprefix("Bearer "))
        granted = token and token["ends"] > time.monotonic() and token["uses"] != 0
        if token and granted and (not repository or action in token["scopes"].get(repository, ())):
            token["uses"] -= 1
            return True
        scope = (
            f',scope="repository:{repository}:{"pull,push" if action == "push" else action}"'
            if repository
            else ""
        )
        error = ',error="invalid_token"' if given else ""
        path = "oauth2/token" if habits is ACR or habits.name == ACR.name else "token"
        challenge = (
            f'Bearer realm="http://{self.vendor.address}/{path}",service="{habits.service}"{scope}{error}'
        )
        self.error(401, "UNAUTHORIZED", "authentication required", WWW_Authenticate=challenge)
        return False

    def token(self, query: dict[str, list[str]], body: bytes) -> None:
        form = {key: [value] for key, value in parse_qsl(body.decode())} if self.command == "POST" else query
        if form.get("service") != [self.vendor.habits.service]:
            return self.error(400, "UNSUPPORTED", "service is missing or another's")
        user, given = None, self.headers.get("Authorization")
        if self.command == "POST":
            if form.get("grant_type") != ["refresh_token"] or form.get("refresh_token") != [REFRESH]:
                return self.error(401, "UNAUTHORIZED", "refresh token not valid")
            user = USER
        elif given:
            if given != f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}":
                return self.error(401, "UNAUTHORIZED", "incorrect username or password")
            user = USER
        asked = [one for value in form.get("scope", []) for one in value.split(" ") if one]
        scopes: dict[str, set[str]] = {}
        for one in asked:
            _, repository, actions = one.split(":")
            wanted = set(actions.split(","))
            granted = {action for action in wanted if self.vendor.may(user, repository, action)}
            if self.vendor.habits.refuses_wide_scopes and granted != wanted:
                return self.error(403, "DENIED", "requested access to the resource is denied")
            scopes[repository] = granted
        value = f"token-{uuid.uuid4().hex}"
        life = self.vendor.habits.token_life
        self.vendor.tokens[value] = {
            "scopes": scopes,
            "ends": time.monotonic() + (life or 60.0),
            "uses": -1 if self.vendor.habits.token_uses is None else self.vendor.habits.token_uses,
        }
        answer: dict[str, Any] = {"token": value, "access_token": value, "expires_in": life}
        fields = self.vendor.habits.token_fields + (("expires_in",) if life else ())
        body = json.dumps({key: answer[key] for key in fields}).encode()
        return self.answer(200, body, Content_Type="application/json")

    def open_upload(self, repository: str, query: dict[str, list[str]]) -> None:
        vendor, habits = self.vendor, self.vendor.habits
        mount, origin = query.get("mount", [""])[0], query.get("from", [""])[0]
        vendor.create(repository)
        if mount and habits.mounts and mount in vendor.blobs.get(origin, {}):
            if habits.auth and not self.allowed(origin, "pull"):
                return None
            vendor.blobs[repository][mount] = vendor.blobs[origin][mount]
            return self.answer(201, Location=f"/v2/{repository}/blobs/{mount}", Docker_Content_Digest=mount)
        name = str(uuid.uuid4())
        vendor.uploads[name] = repository
        location = habits.upload_path.format(repository=repository, id=name) + "?_state=a%3D%3D"
        if habits.absolute_location:
            location = f"http://{vendor.address}{location}"
        return self.answer(202, Location=location, Docker_Upload_UUID=name, Range="0-0")

    def upload(self, name: str, query: dict[str, list[str]], body: bytes) -> None:
        repository = self.vendor.uploads.get(name)
        if repository is None:
            return self.error(404, "BLOB_UPLOAD_UNKNOWN")
        if not self.allowed(repository, "push"):
            return None
        if self.command == "DELETE":
            del self.vendor.uploads[name]
            return self.answer(204, Docker_Upload_UUID=name)
        if self.command != "PUT" or query.get("_state") != ["a=="]:
            return self.error(400, "BLOB_UPLOAD_INVALID")
        digest = query.get("digest", [""])[0]
        if digest != digest_of(body):
            return self.error(400, "DIGEST_INVALID")
        del self.vendor.uploads[name]
        self.vendor.blobs[repository][digest] = body
        return self.answer(201, Location=f"/v2/{repository}/blobs/{digest}", Docker_Content_Digest=digest)

    def on_blobs(self, repository: str, digest: str, body: bytes) -> None:
        data = self.vendor.blobs[repository].get(digest)
        if data is None:
            return self.error(404, "BLOB_UNKNOWN")
        if self.command == "GET" and self.vendor.habits.storage:
            return self.answer(
                307, Location=f"http://{self.vendor.storage_address}/{repository}/{digest}?signed=yes"
            )
        return self.answer(200, data, Docker_Content_Digest=digest, Content_Type="application/octet-stream")

    def on_manifests(self, repository: str, target: str, body: bytes) -> None:
        vendor = self.vendor
        vendor.create(repository)
        if self.command == "PUT":
            return self.put_manifest(repository, target, body)
        digest = target if ":" in target else vendor.tags[repository].get(target)
        found = vendor.manifests[repository].get(digest or "")
        if not found or not digest:
            return self.error(404, "MANIFEST_UNKNOWN")
        if self.command == "DELETE":
            if not vendor.habits.deletes:
                return self.error(405, "UNSUPPORTED", "The operation is unsupported.")
            tagged = [tag for tag, named in vendor.tags[repository].items() if named == digest]
            if ":" in target and tagged and vendor.habits.tags_before_digest:
                return self.error(400, "GOOGLE_MANIFEST_DANGLING_TAG", "Manifest is still referenced by tag")
            for tag in tagged if ":" in target else [target]:
                del vendor.tags[repository][tag]
            if ":" in target:
                del vendor.manifests[repository][digest]
            return self.answer(202)
        accepted = [part.split(";")[0].strip() for part in self.headers.get("Accept", "").split(",")]
        if found[0] not in accepted:
            return self.error(404, "MANIFEST_UNKNOWN", f"{found[0]} is not accepted")
        return self.answer(200, found[1], Docker_Content_Digest=digest, Content_Type=found[0])

    def put_manifest(self, repository: str, target: str, body: bytes) -> None:
        vendor, kind = self.vendor, self.headers.get("Content-Type", "")
        document = json.loads(body)
        if document.get("mediaType", kind) != kind:
            return self.error(400, "MANIFEST_INVALID", "media types differ")
        for blob in (document["config"], *document["layers"]):
            stored = vendor.blobs[repository].get(blob["digest"])
            if stored is None or len(stored) != blob["size"]:
                return self.error(400, "MANIFEST_BLOB_UNKNOWN", blob["digest"])
        digest = digest_of(body)
        if ":" in target and target != digest:
            return self.error(400, "DIGEST_INVALID")
        vendor.manifests[repository][digest] = (kind, body)
        if ":" not in target:
            vendor.tags[repository][target] = digest
        return self.answer(201, Location=f"/v2/{repository}/manifests/{digest}", Docker_Content_Digest=digest)

    def on_tags(self, repository: str, target: str, body: bytes) -> None:
        query = parse_qs(urlsplit(self.path).query)
        size = int(query.get("n", ["100"])[0])
        names = sorted(
            name for name in self.vendor.tags.get(repository, {}) if name > query.get("last", [""])[0]
        )
        page = names[: min(size, 2)]
        headers = {}
        if len(page) < len(names):
            headers["Link"] = f'</v2/{repository}/tags/list?n={size}&last={page[-1]}>; rel="next"'
        body = json.dumps({"name": repository, "tags": page}).encode()
        return self.answer(200, body, Content_Type="application/json", **headers)


@contextmanager
def running(habits: Habits) -> Iterator[Vendor]:
    """The imitation on free ports of this machine."""
    vendor = Vendor(habits)
    servers = []
    for handler in (_Registry, _Storage):
        bound = type(handler.__name__, (handler,), {"vendor": vendor})
        server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
    vendor.address, vendor.storage_address = (f"127.0.0.1:{server.server_port}" for server in servers)
    try:
        yield vendor
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
