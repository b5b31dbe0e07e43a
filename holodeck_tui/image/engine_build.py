"""One build in a container engine: a context in, live lines out, an image ID at the end."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.build_log import BuildLog
from holodeck_tui.image.engine import Engine
from holodeck_tui.image.engine_errors import build_fault, said_by
from holodeck_tui.image.stream import engine_stream

if TYPE_CHECKING:
    from docker import APIClient

# Arguments that every engine knows and keeps out of the image's history.
PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
_USER_INFO = re.compile(r"//[^/@:]*:([^@]+)@")


def run_build(
    context: Iterator[bytes],
    arguments: Mapping[str, str],
    ctx: Context,
    engine: Engine,
    *,
    platform: str | None = None,
    no_cache: bool = False,
    installs: bool = False,
    check: Callable[[str], None] = lambda _image_id: None,
) -> str:
    """Build the tar stream ``context`` and return the image's full ID.

    Emits the engine's lines as they come. Raises ``build-failed`` or ``disk-full`` with the last lines;
    ``installs`` says that steps of it download something; ``check`` gets the ID and may refuse the image.
    Nothing stays of a build that does not end well.
    """
    from docker.errors import APIError, DockerException
    from requests import RequestException

    log = BuildLog()
    # A proxy's password may come back in the words of a failing download.
    ctx.redactor.add(*_passwords(arguments.values()))

    def call(api: APIClient) -> Iterator[dict[str, Any]]:
        return api.build(
            fileobj=context,  # type: ignore[arg-type]
            custom_context=True,
            buildargs=dict(arguments),
            decode=True,
            nocache=no_cache,
            rm=True,
            forcerm=True,
            platform=platform,
        )

    def failed(said: str, *, installs: bool = installs) -> DeploymentError:
        return _failed(said, log, platform or engine.platform, ctx, installs=installs)

    try:
        for batch in engine_stream(engine, call, ctx):
            log.read(batch, ctx)
        log.finish(ctx)
        if log.failure is not None or log.image_id is None:
            raise failed(log.failure or "the engine named no image")
        image_id = full_id(log.image_id)
        check(image_id)
    except APIError as error:
        _clean_up(engine, log)
        raise failed(said_by(error)) from error
    except (DockerException, RequestException, OSError) as error:
        _clean_up(engine, log)
        raise failed(f"the connection to the engine broke: {error}", installs=False) from error
    except BaseException:
        _clean_up(engine, log)
        raise
    return image_id


def full_id(image_id: str) -> str:
    """``sha256:<64 hex>``, also from an engine that leaves the algorithm away."""
    return image_id if image_id.startswith("sha256:") else f"sha256:{image_id}"


def _failed(said: str, log: BuildLog, platform: str, ctx: Context, *, installs: bool) -> DeploymentError:
    clean = ctx.redactor.clean
    error = build_fault(clean(said), platform, installs=installs)
    details = [clean(line) for line in log.last]
    return DeploymentError(
        error.code, error.message, reason=error.reason, remedy=error.remedy, details=details
    )


def _clean_up(engine: Engine, log: BuildLog) -> None:
    """Remove what a build that did not end left; what is gone, or used by something else, is not ours."""
    from docker.errors import DockerException

    for container in reversed(log.containers):
        with contextlib.suppress(DockerException):
            engine.client.api.remove_container(container, force=True)
    for image in reversed(log.images):
        with contextlib.suppress(DockerException):
            engine.client.api.remove_image(image, noprune=True)


def _passwords(values: Iterable[str]) -> Iterator[str]:
    """What stands between a user's name and the host of each address, whatever else is wrong with it."""
    for value in values:
        found = _USER_INFO.search(value)
        if found:
            yield found[1]
            yield unquote(found[1])
