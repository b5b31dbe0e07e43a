"""The configuration document of an agent's image: its base's with ours on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.layer_blob import LayerBlob
from holodeck_tui.image.plan import CREATED, ImagePlan

# What OCI's image-spec/config.md knows, and Docker's additions that engines heed. The rest (host name, parent
# image, container it was committed from) tells of the base's own build and would make equal images differ.
_TOP = ("architecture", "os", "os.version", "os.features", "variant", "author")
_CONFIG = frozenset(
    {"User", "ExposedPorts", "Env", "Entrypoint", "Volumes", "WorkingDir", "Labels", "StopSignal",
     "Healthcheck", "StopTimeout", "Shell"}
)  # fmt: skip


def make_config(plan: ImagePlan, base: Mapping[str, Any], layers: Sequence[LayerBlob]) -> dict[str, Any]:
    """The document for ``layers`` on ``base``. Raises ``platform-mismatch`` or ``layers-impossible``."""
    inner = base.get("config") or {}
    _check(plan, base, inner)
    created = plan.labels[CREATED]
    config = {key: value for key, value in plan.config.over(inner).items() if key in _CONFIG and value}
    document: dict[str, Any] = {key: base[key] for key in _TOP if base.get(key)}
    document["created"] = created
    document["config"] = config
    document["rootfs"] = {
        "type": "layers",
        "diff_ids": [*base["rootfs"]["diff_ids"], *(layer.diff_id for layer in layers)],
    }
    history = base.get("history")
    if history:
        ours = [
            {"created": created, "created_by": f"holodeck-deploy-tui: {layer.name}", "comment": "layers"}
            for layer in layers
        ]
        document["history"] = [*history, *ours]
    return document


def _check(plan: ImagePlan, base: Mapping[str, Any], inner: Mapping[str, Any]) -> None:
    system, _, rest = plan.platform.partition("/")
    architecture = rest.partition("/")[0]
    if (base.get("os"), base.get("architecture")) != (system, architecture):
        raise DeploymentError(
            "platform-mismatch",
            f"The base image {plan.base.reference} is not for {plan.platform}.",
            reason=f"it is for {base.get('os')}/{base.get('architecture')}",
            remedy="Use a base of that platform (image.base in deploy.yaml), or set deployment.platform.",
        )
    if inner.get("OnBuild"):
        raise DeploymentError(
            "layers-impossible",
            f"The base image {plan.base.reference} wants commands run on every build.",
            reason="it has ONBUILD instructions, and only a container engine can run them",
            remedy="Use --builder docker, or a base image without ONBUILD (image.base in deploy.yaml).",
        )
