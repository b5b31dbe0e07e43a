"""Why an edit in place is refused: what would change stands elsewhere too."""

from __future__ import annotations

from collections.abc import Sequence

from holodeck_tui.config.nodes import Node, Tree, line_column
from holodeck_tui.config.walk import Step, sharing
from holodeck_tui.core.errors import DeploymentError


def dotted(path: Sequence[str | int]) -> str:
    """A path as the command line writes it; a dot inside a key is escaped."""
    return ".".join(str(element).replace("\\", "\\\\").replace(".", "\\.") for element in path)


def closed(text: str, path: Sequence[str | int], steps: Sequence[Step]) -> str:
    """Where an alias or a ``<<`` stands on the way to ``path``; nothing where the way is open."""
    for index, step in enumerate(steps):
        if index == len(path) - 1:
            continue
        name, where = dotted(path[: index + 1]), line(text, step.value)
        if step.value.kind == "alias":
            return f"{name} is the alias *{step.value.anchor} ({where})"
        if step.merged:
            return f"{name} comes from a << key ({where})"
    return ""


def shared(tree: Tree, path: Sequence[str | int]) -> str:
    """Which alias shares what stands at ``path``; nothing where none does."""
    alias = sharing(tree.root, path)
    return "" if alias is None else f"it is shared by the alias *{alias.anchor} ({line(tree.text, alias)})"


def line(text: str, node: Node) -> str:
    """``line 12``."""
    return f"line {line_column(text, node.start)[0]}"


def refused(name: str, path: Sequence[str | int], reason: str) -> DeploymentError:
    """``edit-impossible`` of the file that people call ``name``."""
    return DeploymentError(
        "edit-impossible",
        f"{dotted(path)} cannot be changed in place.",
        reason=reason,
        remedy=f"Change {name} in an editor.",
    )
