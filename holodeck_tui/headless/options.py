"""Every option of the command line, declared once. Only click is imported: ``--help`` must be quick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

TARGETS = ("local", "aws", "gcp", "azure")
BUILDERS = ("auto", "docker", "layers")


def _flag(*names: str, help: str) -> Callable[[], click.Option]:  # noqa: A002 - click's own word
    return lambda: click.Option(names, is_flag=True, help=help)


def _value(*names: str, **more: Any) -> Callable[[], click.Option]:
    return lambda: click.Option(names, **more)


OPTIONS: dict[str, Callable[[], click.Option]] = {
    "target": _value(
        "--target",
        metavar="|".join(TARGETS),
        help="Where it runs; overrides agent.yaml and deploy.yaml. local needs no deployment: section.",
    ),
    "env": _value("--env", metavar="NAME", help="The overlay environments.NAME of deploy.yaml."),
    "builder": _value(
        "--builder",
        type=click.Choice(BUILDERS),
        help="How the image is made. auto: docker where an engine answers, else layers.",
    ),
    "tag": _value("--tag", metavar="TAG", help="The image's tag, past the tag strategy."),
    "no_cache": _flag("--no-cache", help="Build every layer anew."),
    "scope": _value(
        "--scope",
        multiple=True,
        metavar="SCOPE",
        help="local, aws:REGION, gcp:PROJECT/LOCATION or azure:SUBSCRIPTION/GROUP. Repeatable.",
    ),
    "service": _value(
        "--service",
        metavar="NAME",
        help="A deployment by its service's name or id, as list shows it; needs no agent.yaml.",
    ),
    "create": _flag("--create", help="Create the registry repository when it is missing."),
    "output_layout": _value(
        "--output-layout",
        metavar="DIR",
        type=click.Path(file_okay=False),
        help="Write an OCI layout to DIR instead of an image.",
    ),
    "read_only": _flag("--read-only", help="Nothing can be changed (terminal app)."),
    "dry_run": _flag("--dry-run", help="Say what would be done and change nothing."),
    "yes": _flag("--yes", "-y", help="Do not ask."),
    "follow": _flag("--follow", "-f", help="Go on with new lines until interrupted."),
    "tail": _value("--tail", metavar="N", type=click.IntRange(min=0), help="Only the last N lines."),
    "since": _value("--since", metavar="TIME", help="Only newer lines: 30s, 5m, 2h, 1d or a date and time."),
    "grep": _value("--grep", metavar="REGEX", help="Only lines in which REGEX is found."),
    "system": _flag("--system", help="The target's own log of the service instead of the agent's."),
    "exit_code": _flag("--exit-code", help="End with exit code 10 when there are changes."),
    "to_revision": _value("--to", "to", metavar="REVISION", help="The revision to go back to."),
    "to_folder": _value(
        "--to", "to", metavar="DIR", type=click.Path(file_okay=False), help="Write the bundle's files to DIR."
    ),
    "registry": _value("--registry", metavar="URL", help="The registry's host, e.g. ghcr.io."),
    "repository": _value("--repository", metavar="NAME", help="The image's repository, e.g. team/agent."),
    "sets": _value(
        "--set", "sets", multiple=True, metavar="KEY=VALUE", help="One more key of deployment:. Repeatable."
    ),
    "extras": _value("--extras", metavar="A,B", default="", help="Extras of holodeck-ai to install."),
    "push": _value("--push", metavar="REF", help="Push the base image as REF."),
    "overlay": _flag("--overlay", help="The schema of deploy.yaml instead of deployment:."),
    "no_ui": _flag("--no-ui", help="No terminal app: build, push, run and verify, for CI."),
}

COMMON: dict[str, Callable[[], click.Option]] = {
    "output": _value(
        "--output",
        type=click.Choice(("text", "json")),
        default="text",
        show_default=True,
        help="Text for people or JSON for scripts on stdout.",
    ),
    "verbose": _flag("-v", "--verbose", help="Also build and vendor detail, causes and request ids."),
    "quiet": _flag("-q", "--quiet", help="Only the essential; no progress, no warnings."),
    "no_color": _flag("--no-color", help="No colour (NO_COLOR and CI are respected as well)."),
}


def valued() -> frozenset[str]:
    """The spellings of all options that take a value."""
    made = [make() for make in (*OPTIONS.values(), *COMMON.values())]
    return frozenset(name for option in made if not option.is_flag for name in option.opts)
