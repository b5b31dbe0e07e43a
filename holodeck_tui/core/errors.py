"""Errors as people and scripts see them: a stable code, one sentence, one reason, one remedy.

Every code that the tool can report stands once in :data:`CODES`, with the exit code it ends in.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line; part of its contract."""

    DONE = 0
    DEFECT = 1
    USAGE = 2
    FAILED = 3
    MISSING = 4
    UNHEALTHY = 5
    LOCKED = 6
    CHANGES = 10
    INTERRUPTED = 130


_USAGE, _FAILED, _MISSING = ExitCode.USAGE, ExitCode.FAILED, ExitCode.MISSING

CODES: dict[str, tuple[ExitCode, str]] = {
    "internal-error": (ExitCode.DEFECT, "a defect of this tool"),
    "interrupted": (ExitCode.INTERRUPTED, "stopped by the user"),
    "locked": (ExitCode.LOCKED, "another run holds the lock of this agent"),
    "unhealthy": (ExitCode.UNHEALTHY, "deployed, but health could not be proven"),
    # usage and configuration
    "usage": (_USAGE, "the command line is wrong"),
    "no-terminal": (_USAGE, "this needs a terminal"),
    "confirmation-needed": (_USAGE, "a destructive command needs --yes without a terminal"),
    "agent-not-found": (_USAGE, "the agent file does not exist"),
    "agent-unreadable": (_USAGE, "the agent file cannot be read"),
    "yaml-syntax": (_USAGE, "a file is not valid YAML"),
    "config-invalid": (_USAGE, "the configuration has problems"),
    "deployment-missing": (_USAGE, "there is no deployment: section and no --target"),
    "deployment-exists": (_USAGE, "init would overwrite a deployment: section"),
    "edit-impossible": (_USAGE, "a key cannot be set or removed in place"),
    "environment-unknown": (_USAGE, "deploy.yaml has no such environment"),
    "variable-missing": (_USAGE, "a variable that the container needs is not set"),
    "plain-secret": (_USAGE, "a value that looks like a secret is written in plain text"),
    "file-changed": (_USAGE, "a file was changed on disk since it was read"),
    "file-missing": (_USAGE, "files that agent.yaml names do not exist"),
    "file-outside": (_USAGE, "a path leads out of the agent's folder"),
    "file-unreadable": (_USAGE, "a file that must ship cannot be read"),
    "file-secret": (_USAGE, "a file that would ship looks like a credential"),
    "file-ignored": (_USAGE, "a file that agent.yaml names is left out by .dockerignore"),
    "file-name": (_USAGE, "a file has a name that cannot ship"),
    "tag-invalid": (_USAGE, "no valid image tag can be made"),
    "scope-invalid": (_USAGE, "a --scope is not understood"),
    "unsupported": (_USAGE, "the target cannot do this"),
    "not-deployed": (_USAGE, "there is no such deployment"),
    "revision-unknown": (_USAGE, "there is no such revision"),
    "image-not-built": (_USAGE, "there is no recorded build to push or run"),
    "image-not-pushed": (_USAGE, "the image is not in the registry"),
    "registry-unpullable": (_USAGE, "the target cannot pull from this registry"),
    "layers-impossible": (_USAGE, "the image cannot be made without an engine"),
    # something it needs is missing
    "docker-unreachable": (_MISSING, "no container engine answers"),
    "docker-denied": (_MISSING, "the container engine's socket may not be used"),
    "sdk-missing": (_MISSING, "a Python package of an extra is not installed"),
    "holodeck-missing": (_MISSING, "holodeck-ai is not installed"),
    "base-unavailable": (_MISSING, "the base image cannot be had"),
    "credentials-missing": (_MISSING, "there are no credentials"),
    "credentials-expired": (_MISSING, "the credentials have expired"),
    "credentials-invalid": (_MISSING, "the credentials are not accepted"),
    "permission-denied": (_MISSING, "the credentials lack a permission"),
    "registry-unauthorized": (_MISSING, "the registry wants (other) credentials"),
    "registry-denied": (_MISSING, "the registry refuses access to this repository"),
    "credential-helper": (_MISSING, "a docker credential helper failed"),
    "file-unwritable": (_MISSING, "a file may not be written"),
    "tool-missing": (_MISSING, "a program that is needed is not installed"),
    "check-failed": (_MISSING, "doctor found something that must be fixed"),
    # work that failed
    "build-failed": (_FAILED, "the image could not be built"),
    "platform-mismatch": (_FAILED, "the image has another architecture than asked for"),
    "push-failed": (_FAILED, "the image could not be pushed"),
    "registry-unreachable": (_FAILED, "the registry does not answer"),
    "registry-error": (_FAILED, "the registry answered with an error"),
    "repository-missing": (_FAILED, "the registry has no such repository"),
    "image-missing": (_FAILED, "an image does not exist"),
    "deploy-failed": (_FAILED, "the target did not take the deployment"),
    "destroy-failed": (_FAILED, "the deployment could not be removed"),
    "rollback-failed": (_FAILED, "the rollback failed"),
    "port-taken": (_FAILED, "the port is used by something else"),
    "timeout": (_FAILED, "a deadline passed"),
    "busy": (_FAILED, "the service is busy with another operation"),
    "quota": (_FAILED, "a quota of the account is used up"),
    "network": (_FAILED, "a network fault"),
    "throttled": (_FAILED, "the service asks to slow down"),
    "image-pull": (_FAILED, "the target could not pull the image"),
    "disk-full": (_FAILED, "there is no space left"),
    "state-damaged": (_FAILED, "a state file is damaged"),
    "state-unwritable": (_MISSING, "the folder for state files cannot be written"),
    "chat-failed": (_FAILED, "the agent did not answer"),
}


class DeploymentError(Exception):
    """Something a user can act on.

    ``code`` is a key of :data:`CODES`; ``message`` says in one sentence what failed; ``reason`` why;
    ``remedy`` what to do, as a command that can be pasted where there is one; ``details`` are lines
    shown indented below (missing files, a container's last lines). All of it is expected to be
    redacted and safe for a terminal already: use :mod:`holodeck_tui.core.redact` where text enters.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        reason: str = "",
        remedy: str = "",
        details: Sequence[str] = (),
    ) -> None:
        if code not in CODES:
            raise ValueError(f"unlisted error code {code!r}")
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.remedy = remedy
        self.details = tuple(details)

    @property
    def exit_code(self) -> ExitCode:
        """The process exit code this error ends in."""
        return CODES[self.code][0]

    @property
    def in_one(self) -> str:
        """What failed, why and what to do, where there is one line for all of it."""
        return f"{str(self).rstrip('.')}. {self.remedy}".rstrip()

    def as_json(self) -> dict[str, str]:
        """``{"code", "message", "remedy"}`` as the contract has it; the reason joins the message."""
        message = f"{self.message.rstrip('.')}: {self.reason}" if self.reason else self.message
        if self.details:
            message = "\n".join((message, *self.details))
        return {"code": self.code, "message": message, "remedy": self.remedy}

    def __str__(self) -> str:
        return f"{self.message.rstrip('.')}: {self.reason}" if self.reason else self.message


class Cancelled(DeploymentError):
    """The user stopped the run. ``details`` name what goes on elsewhere, if anything does."""

    def __init__(self, details: Sequence[str] = ()) -> None:
        super().__init__(
            "interrupted",
            "Interrupted.",
            reason="the run was stopped before it was done",
            remedy="Run the same command again; it goes on where it can.",
            details=details,
        )
