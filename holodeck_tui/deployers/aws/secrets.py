"""Secrets by reference: values of ours in Secrets Manager, anybody's by ARN, name or SSM parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from holodeck_tui.deployers.aws import names, tags
from holodeck_tui.deployers.aws.client import Answer, Aws
from holodeck_tui.deployers.aws.errors import CELLS, AwsError

_SERVICE = "secretsmanager"
_DOOMED = re.compile(r"scheduled for deletion|marked (?:for|as) delet", re.IGNORECASE)
_ARN = re.compile(r"arn:[a-z-]+:(?:secretsmanager|ssm):\S+")


@dataclass(frozen=True)
class Stored:
    """Where a secret stands.

    ``version`` is the store's own id of the value, None where that is not ours to know; ``changed`` says
    that the value is, or would be, another one than before. ``arn`` is empty for what is not stored yet.
    """

    name: str
    arn: str
    version: str | None
    changed: bool


class SecretStore:
    """The secrets of one service. ``agent`` and ``environment`` are written on what is made."""

    def __init__(self, aws: Aws, service: str, agent: str, environment: str | None) -> None:
        self._aws = aws
        self._service = service
        self._tags = tags.identity_tags(agent, environment)

    def put(self, values: Mapping[str, str]) -> dict[str, Stored]:
        """Have every value in the store; one that is there already is left alone.

        Raises AwsError; ``exists`` where a secret of that name is not ours.
        """
        return {variable: self._put(variable, text) for variable, text in values.items()}

    def compare(self, values: Mapping[str, str]) -> dict[str, Stored]:
        """What :meth:`put` would find. Changes nothing."""
        found = {}
        for variable, text in values.items():
            known = self._describe(names.secret_name(self._service, variable))
            version = self._current(known) if known else None
            changed = known is None or self._value(known) != text
            found[variable] = Stored(variable, str(known["ARN"]) if known else "", version, changed)
        return found

    def resolve(self, refs: Mapping[str, str]) -> dict[str, Stored]:
        """ARNs of secrets that somebody else keeps: an ARN, a secret's name, or ``/a/parameter`` of SSM.

        Raises AwsError, ``gone`` where there is none.
        """
        return {variable: Stored(variable, self._resolve(ref), None, False) for variable, ref in refs.items()}

    def owned(self) -> list[tuple[str, str]]:
        """``(name, arn)`` of every secret of this service that carries our tags."""
        return [(str(each["Name"]), str(each["ARN"])) for each in self._list() if self._is_ours(each)]

    def foreign(self) -> list[str]:
        """Names of secrets under this service's prefix that we did not make."""
        return [str(each["Name"]) for each in self._list() if not self._is_ours(each)]

    def delete(self) -> list[str]:
        """Remove what :meth:`owned` lists, for good; the names of what went."""
        gone = []
        for name, arn in self.owned():
            try:
                # The values are the deploying shell's; a secret that waits for its end blocks its name.
                self._aws.change(
                    _SERVICE,
                    "delete_secret",
                    f"delete the secret {name}",
                    SecretId=arn,
                    ForceDeleteWithoutRecovery=True,
                )
            except AwsError as error:
                if error.kind != "gone" and not _DOOMED.search(str(error)):
                    raise
            gone.append(name)
        return gone

    def _put(self, variable: str, text: str) -> Stored:
        name = names.secret_name(self._service, variable)
        known = self._describe(name)
        if known is None:
            return self._create(variable, name, text)
        if known.get("DeletedDate"):
            self._aws.change(_SERVICE, "restore_secret", f"restore the secret {name}", SecretId=known["ARN"])
        elif not self._is_ours(known):
            raise _not_ours(name)
        if self._value(known) == text:
            return Stored(variable, str(known["ARN"]), self._current(known), False)
        answer = self._aws.change(
            _SERVICE, "put_secret_value", f"store the secret {name}", SecretId=known["ARN"], SecretString=text
        )
        return Stored(variable, str(known["ARN"]), str(answer["VersionId"]), True)

    def _create(self, variable: str, name: str, text: str) -> Stored:
        answer = self._aws.change(
            _SERVICE,
            "create_secret",
            f"store the secret {name}",
            Name=name,
            SecretString=text,
            Tags=tags.as_list(self._tags),
        )
        return Stored(variable, str(answer["ARN"]), str(answer["VersionId"]), True)

    def _describe(self, name: str) -> Answer | None:
        try:
            return self._aws.ask(_SERVICE, "describe_secret", f"look at the secret {name}", SecretId=name)
        except AwsError as error:
            if error.kind == "gone":
                return None
            raise

    def _value(self, known: Answer) -> str | None:
        """The value in the store; None where it cannot be read, which is no reason not to write it."""
        if known.get("DeletedDate"):
            return None
        try:
            answer = self._aws.ask(
                _SERVICE, "get_secret_value", f"read the secret {known['Name']}", SecretId=known["ARN"]
            )
        except AwsError as error:
            if error.kind in {"gone", "permission"} or _DOOMED.search(str(error)):
                return None
            raise
        return answer.get("SecretString")

    def _current(self, known: Answer) -> str | None:
        stages: Mapping[str, list[str]] = known.get("VersionIdsToStages") or {}
        return next((version for version, names_ in stages.items() if "AWSCURRENT" in names_), None)

    def _resolve(self, ref: str) -> str:
        if _ARN.fullmatch(ref):
            return ref
        if ref.startswith("/"):
            answer = self._aws.ask("ssm", "get_parameter", f"look at the parameter {ref}", Name=ref)
            return str(answer["Parameter"]["ARN"])
        answer = self._aws.ask(_SERVICE, "describe_secret", f"look at the secret {ref}", SecretId=ref)
        return str(answer["ARN"])

    def _list(self) -> Iterator[Answer]:
        prefix = names.secret_prefix(self._service)
        listed = self._aws.pages(
            _SERVICE,
            "list_secrets",
            "list the secrets",
            "SecretList",
            Filters=[{"Key": "name", "Values": [prefix]}],
        )
        # The filter takes the words of a name in any case; the prefix is meant to the letter.
        return (each for each in listed if str(each.get("Name", "")).startswith(prefix))

    def _is_ours(self, known: Answer) -> bool:
        found = tags.from_list(known.get("Tags") or ())
        return all(found.get(name) == value for name, value in self._tags.items())


def _not_ours(name: str) -> AwsError:
    return AwsError(
        "exists",
        CELLS["exists"],
        f"The secret {name} is not overwritten.",
        reason="it is in Secrets Manager already and does not carry this deployment's tags",
    )
