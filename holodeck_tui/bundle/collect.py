"""From settings to the bundle: every file the agent names, checked, read once and hashed."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from holodeck_tui.bundle.bundle import AGENT_FILE, Bundle, BundleFile, content_hash
from holodeck_tui.bundle.container import environment_warnings, visible_value
from holodeck_tui.bundle.endpoints import home_config_warnings, plain_text_warnings
from holodeck_tui.bundle.gather import Gatherer
from holodeck_tui.bundle.ignore import IgnoreRules
from holodeck_tui.bundle.lint import Allowed
from holodeck_tui.bundle.needs import find_needs
from holodeck_tui.bundle.paths import Tree
from holodeck_tui.bundle.references import agent_references, config_references
from holodeck_tui.bundle.sanitise import AGENT_DROPS, CONFIG_DROPS, sanitised
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import sanitize
from holodeck_tui.models.base import REFERENCE

if TYPE_CHECKING:
    from holodeck_tui.config.resolve import Settings

# Shipped as sanitised copies, if at all, and never as they are; the rest is not the container's.
_OWN_FILES = frozenset({AGENT_FILE, "config.yml", "config.yaml", "deploy.yaml", ".dockerignore"})


def collect(settings: Settings, ctx: Context) -> Bundle:
    """Everything that ships. Reads files and changes nothing; needs no engine and no value of a variable.

    Raises DeploymentError with all that is wrong in ``details``: ``file-missing``, ``file-outside``,
    ``file-unreadable``, ``file-secret``, ``file-ignored``, ``file-name``, ``file-changed``.
    A variable without a value is no error here: it is in ``Bundle.needs``.
    """
    agent = settings.agent_document
    config = settings.files.project.document if settings.files.project is not None else None
    gatherer = Gatherer(
        Tree(settings.agent_dir),
        rules=_ignore_rules(settings.agent_dir),
        allowed=Allowed(settings.overlay.allow_files),
        skipped=_OWN_FILES | {settings.agent_path.name},
        expand=lambda text: _expanded(text, settings),
        cancel=ctx.cancel,
    )
    agent_rewrites = gatherer.take(agent, agent_references(agent.data))
    config_rewrites = {} if config is None else gatherer.take(config, config_references(config.data))
    files = gatherer.read()
    files.append(BundleFile.of(AGENT_FILE, sanitised(agent, AGENT_DROPS, agent_rewrites)))
    if config is not None and config.path is not None:
        files.append(BundleFile.of(config.path.name, sanitised(config, CONFIG_DROPS, config_rewrites)))
    files.sort(key=lambda file: file.path)
    warnings = [*gatherer.warnings, *_case_warnings(files)]
    warnings += (
        *environment_warnings(settings),
        *plain_text_warnings(agent, config),
        *home_config_warnings(settings),
    )
    needs = find_needs(settings, agent, config, files)
    return Bundle(
        tuple(files),
        content_hash(files),
        tuple(dict.fromkeys(ctx.redactor.clean(text) for text in warnings)),
        needs,
    )


def _ignore_rules(folder: Path) -> IgnoreRules:
    path = folder / ".dockerignore"
    try:
        return IgnoreRules.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return IgnoreRules()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DeploymentError(
            "file-unreadable",
            ".dockerignore cannot be used.",
            reason=sanitize(reason or type(error).__name__),
            remedy="Correct or remove it.",
        ) from error


def _expanded(text: str, settings: Settings) -> str | None:
    """``text`` as the container sees it; None where a variable has no value yet."""
    values = {name: visible_value(settings, name) for name in REFERENCE.findall(text)}
    if None in values.values():
        return None
    return REFERENCE.sub(lambda match: values[match[1]] or "", text)


def _case_warnings(files: list[BundleFile]) -> list[str]:
    groups: dict[str, list[str]] = defaultdict(list)
    for file in files:
        groups[file.path.casefold()].append(file.path)
    return [
        f"{' and '.join(paths)} differ in upper and lower case only: Windows and macOS keep one of them."
        for paths in groups.values()
        if len(paths) > 1
    ]
