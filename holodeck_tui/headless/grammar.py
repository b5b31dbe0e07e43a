"""The commands of the command line: words, options and help, all static. Only click is imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from holodeck_tui.headless.options import COMMON, OPTIONS

_TARGET = ("target", "env")
_BUILD = ("builder", "tag", "no_cache")
# Of commands on what runs: the agent of here, or any deployment that a listing finds.
_RUNNING = (*_TARGET, "service", "scope")


@dataclass(frozen=True)
class Spec:
    """One command. ``stream``: its JSON is lines of events and a result, not one document.

    ``words`` names the arguments before AGENT, if any; ``agent`` is false where a command has no
    agent file.
    """

    name: str
    help: str
    options: tuple[str, ...] = ()
    stream: bool = False
    words: str = ""
    agent: bool = True


SPECS: tuple[Spec, ...] = (
    Spec(
        "build",
        "Build the image.",
        (*_TARGET, *_BUILD, "output_layout", "dry_run"),
        stream=True,
    ),
    Spec(
        "push", "Push the last recorded build to its registry.", (*_TARGET, "create", "dry_run"), stream=True
    ),
    Spec(
        "run", "Run the last recorded build on its target and verify it.", (*_TARGET, "dry_run"), stream=True
    ),
    Spec(
        "deploy",
        "Build, push, run and verify (the same as --no-ui).",
        (*_TARGET, *_BUILD, "create", "dry_run", "no_ui"),
        stream=True,
    ),
    Spec("plan", "Say what a deploy would do, and what it would change.", (*_TARGET, "exit_code")),
    Spec("status", "Judge the deployment's state.", _RUNNING),
    Spec("list", "List the deployments found in the scopes.", (*_TARGET, "scope")),
    Spec(
        "logs",
        "Print the running agent's own log.",
        (*_RUNNING, "follow", "tail", "since", "grep", "system"),
        stream=True,
    ),
    Spec("destroy", "Remove the deployment.", (*_RUNNING, "yes", "dry_run"), stream=True),
    Spec("rollback", "Go back to an earlier revision.", (*_RUNNING, "to_revision", "yes"), stream=True),
    Spec("pause", "Stop serving, keep everything.", _RUNNING),
    Spec("resume", "Serve again after a pause.", _RUNNING),
    Spec("chat", "Send MESSAGE to the deployed agent and print its answer.", _RUNNING, words="MESSAGE"),
    Spec("doctor", "Check everything a deploy needs; says what to do.", (*_TARGET, "scope")),
    Spec(
        "init",
        "Write the smallest valid deployment: section to agent.yaml.",
        ("target", "registry", "repository", "sets"),
    ),
    Spec("set", "Set keys of agent.yaml in place.", words="KEY=VALUE..."),
    Spec("unset", "Remove keys of agent.yaml in place.", words="KEY..."),
    Spec("validate", "Report all problems of the configuration at once.", _TARGET),
    Spec("bundle", "Show the files that ship, or write them to a folder.", (*_TARGET, "to_folder")),
    Spec(
        "base",
        "Build the base image that agents' images stand on.",
        ("extras", "push"),
        agent=False,
    ),
    Spec("schema", "Print the JSON Schema of deployment: or of deploy.yaml.", ("overlay",), agent=False),
)
BY_NAME: dict[str, Spec] = {spec.name: spec for spec in SPECS}

APP = Spec(
    "app",
    "The terminal app.",
    (*_TARGET, *_BUILD, "create", "dry_run", "scope", "read_only", "no_ui"),
)

Run = Callable[[Spec, dict[str, Any]], int]


def command(spec: Spec, run: Run) -> click.Command:
    """The click command of ``spec``; its callback returns the exit code of ``run``."""
    params: list[click.Parameter] = [OPTIONS[name]() for name in spec.options]
    params.extend(make() for make in COMMON.values())
    if spec.words:
        # The agent file stands among the words; the command itself tells it apart.
        params.append(click.Argument(["words"], nargs=-1, required=True, metavar=f"{spec.words} [AGENT]"))
    elif spec.agent:
        params.append(click.Argument(["agent"], required=False, metavar="[AGENT]", type=click.Path()))
    return click.Command(
        spec.name,
        params=params,
        callback=lambda **given: run(spec, given),
        help=spec.help,
        options_metavar="[OPTIONS]",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


USAGE = (
    "holodeck-deploy-tui [OPTIONS] [AGENT]             the terminal app on AGENT (default ./agent.yaml)",
    "holodeck-deploy-tui --no-ui [OPTIONS] [AGENT]     the whole pipeline, for CI: build, push, run, verify",
    "holodeck-deploy-tui COMMAND [OPTIONS] [AGENT]     one headless command",
)


class Commands(click.Group):
    """The group of all commands, listed in the order of the pipeline."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As declared, not sorted: the order tells the way."""
        return [name for name in self.commands if name != APP.name]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The three forms of a call."""
        formatter.write("Usage:\n" + "".join(f"  {line}\n" for line in USAGE))


def group(run: Run, version: str) -> click.Group:
    """All commands under one name; what stands without a command is :data:`APP`."""
    app = command(APP, run)
    app.hidden = True
    made = Commands(
        "holodeck-deploy-tui",
        help="Take a HoloDeck agent from agent.yaml to a healthy running service.",
        params=[param for param in app.params if isinstance(param, click.Option)],
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        epilog="Every command has a --help of its own. Options may stand before or after the command.",
    )
    click.version_option(version, message="%(prog)s %(version)s")(made)
    for spec in SPECS:
        made.add_command(command(spec, run))
    made.add_command(app)
    return made
