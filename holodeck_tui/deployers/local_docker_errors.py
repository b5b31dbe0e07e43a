"""The engine's errors as ours: the one table for everything the docker runtime asks of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize

_TAKEN = re.compile(
    r"port is already allocated|address already in use|bind: |ports are not available", re.IGNORECASE
)
_POOL = re.compile(r"non-overlapping IPv4 address pool|could not find an available", re.IGNORECASE)


@contextmanager
def translated(
    message: str, *, port: int | None = None, taken: Callable[[int], DeploymentError] | None = None
) -> Iterator[None]:
    """Raise what docker-py raises inside as a DeploymentError that begins with ``message``."""
    import requests
    from docker.errors import APIError, DockerException, ImageNotFound

    try:
        yield
    except ImageNotFound as error:
        raise DeploymentError(
            "image-missing",
            message,
            reason="the engine does not have the image (any more)",
            remedy="holodeck-deploy-tui deploy --target local",
        ) from error
    except APIError as error:
        raise _of_answer(message, str(error.explanation or error), port, taken) from error
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        raise DeploymentError(
            "docker-unreachable",
            message,
            reason="the container engine stopped answering",
            remedy="docker info",
        ) from error


def _of_answer(
    message: str, text: str, port: int | None, taken: Callable[[int], DeploymentError] | None
) -> DeploymentError:
    if port is not None and taken is not None and _TAKEN.search(text):
        return taken(port)
    if _POOL.search(text):
        return DeploymentError(
            "deploy-failed",
            message,
            reason="the engine has no address range left for another network",
            remedy="docker network prune",
        )
    if "no space left" in text.lower():
        return DeploymentError(
            "disk-full", message, reason="the engine has no space left", remedy="docker system df"
        )
    return DeploymentError(
        "deploy-failed",
        message,
        reason=f"the engine says: {sanitize(text)[:500]}",
        remedy="Run the same command again with -v.",
    )
