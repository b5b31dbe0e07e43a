"""Which entries stand in which layer: what is big and rarely changes below what is small and often does."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from holodeck_tui.bundle.bundle import AGENT_FILE, Bundle, BundleFile
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.image.assets import docker_file, script
from holodeck_tui.image.plan import ImageFile, Layer

APP = "app"
SUPPORT = "opt/holodeck"
ENTRYPOINT = f"/{SUPPORT}/entrypoint.sh"
HEALTHCHECK = f"/{SUPPORT}/healthcheck.py"
CONFIG_FILES = frozenset({"config.yml", "config.yaml"})
# A folder (or file) at the top that is larger goes into the data layer, to be sent only when it changes.
BIG = 1 << 20

_FILE, _SCRIPT, _FOLDER = 0o444, 0o555, 0o555


def make_layers(bundle: Bundle, often_changed: Collection[str] = ()) -> tuple[Layer, ...]:
    """The layers from the base upwards: support, data where there is any, agent.

    ``often_changed`` are bundle paths (the instructions) that stay out of the data layer wherever
    they lie. Everything is owned by root and read-only; only the scratch folder is the agent's.
    """
    _check_names(bundle.files)
    small = {AGENT_FILE, *CONFIG_FILES, *often_changed}
    weights: dict[str, int] = {}
    for file in bundle.files:
        if file.path not in small:
            top = file.path.partition("/")[0]
            weights[top] = weights.get(top, 0) + file.size
    data: list[BundleFile] = []
    agent: list[BundleFile] = []
    for file in bundle.files:
        big = file.path not in small and weights[file.path.partition("/")[0]] > BIG
        (data if big else agent).append(file)
    layers = [Layer("support", _support())]
    if data:
        layers.append(Layer("data", _tree(data)))
    layers.append(Layer("agent", _tree(agent)))
    return tuple(layers)


def _support() -> tuple[ImageFile, ...]:
    return (
        # Here already, so that WORKDIR finds it: an engine would make a layer of its own for it.
        ImageFile(APP, _FOLDER, folder=True),
        ImageFile(SUPPORT, _FOLDER, folder=True),
        ImageFile(ENTRYPOINT[1:], _SCRIPT, content=docker_file("entrypoint.sh")),
        ImageFile(HEALTHCHECK[1:], _FILE, content=script("healthcheck.py")),
        ImageFile("var/holodeck", 0o755, folder=True),
        # Scratch space where the target mounts nothing there.
        ImageFile("var/holodeck/work", 0o755, uid=1000, gid=1000, folder=True),
    )


def _tree(files: Iterable[BundleFile]) -> tuple[ImageFile, ...]:
    entries = {APP: ImageFile(APP, _FOLDER, folder=True)}
    for file in files:
        parts = file.path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join((APP, *parts[:depth]))
            entries.setdefault(folder, ImageFile(folder, _FOLDER, folder=True))
        path = f"{APP}/{file.path}"
        entries[path] = ImageFile(path, _SCRIPT if file.mode & 0o100 else _FILE, origin=file)
    return tuple(sorted(entries.values(), key=lambda entry: entry.path.split("/")))


def _check_names(files: Iterable[BundleFile]) -> None:
    # Names that begin so delete files of the layers below (OCI image specification, layer.md, whiteouts).
    wrong = [sanitize(file.path) for file in files if any(p.startswith(".wh.") for p in file.path.split("/"))]
    if wrong:
        raise DeploymentError(
            "build-failed",
            "An image cannot hold every file of the bundle.",
            reason="a name that begins with .wh. means a deletion in an image",
            remedy="Rename them, or name them in .dockerignore.",
            details=wrong,
        )
