"""What a login sees of a cloud: the proposals and choices of a first setup. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError

Choices = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Found:
    """``choices`` by the last name of a field of ``deployment:``, the best first.

    ``identity`` is who asks, empty where nobody is logged in; ``error`` is the first question that had
    no answer: what it would have told is asked as free text.
    """

    identity: str = ""
    choices: Choices = field(default_factory=dict)
    error: DeploymentError | None = None


def discover(target: str, ctx: Context) -> Found:
    """Ask the cloud of ``target``, and no other; a refusal is a finding. Blocks."""
    try:
        if target == "aws":
            from holodeck_tui.deployers.aws.discover import look

            return look(ctx)
        if target == "gcp":
            from holodeck_tui.deployers.gcp.discover import look

            return look(ctx)
        if target == "azure":
            from holodeck_tui.deployers.azure.discover import look

            return look(ctx)
    except DeploymentError as error:
        return Found(error=error)
    return Found()
