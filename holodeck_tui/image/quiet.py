"""docker-py's client without the habit of sending every stored login to the engine with each build."""

from __future__ import annotations

from typing import Any

from docker import APIClient, DockerClient


class QuietAPIClient(APIClient):
    """Builds need no login here: the base was pulled before, with its own.

    docker-py reads all credentials of docker's config, asks every credential helper (which may fail,
    or wait for a person) and sends the lot.
    """

    def _set_auth_headers(self, _headers: dict[str, Any]) -> None:
        return None


class QuietClient(DockerClient):
    """The client with :class:`QuietAPIClient` below it; takes the same keywords."""

    def __init__(self, **arguments: Any) -> None:
        self.api = QuietAPIClient(**arguments)
