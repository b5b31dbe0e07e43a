"""What every model of a file shares: unknown keys are errors with the nearest name, all problems at once.

An error's text never shows a value unless the caller asks for it: each carries ``message`` (may quote
the value, with what to write instead) and ``plain`` (does not), because the value may have come from a
``${VAR}`` that must not be shown.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from holodeck_tui.models.phrases import phrase

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""``${VAR}`` as holodeck-ai 0.7.1 substitutes it: no defaults, no escapes."""


class Flaw(NamedTuple):
    """One thing a rule over several fields finds wrong, told at ``field`` (or at a path below it)."""

    field: str | tuple[str, ...]
    message: str
    plain: str
    kind: str = "pair"


def flaw(kind: str, plain: str, instead: str = "") -> PydanticCustomError:
    """The error of one field: ``plain`` says the rule, ``instead`` what to write for this very value."""
    return flaw_told(kind, plain, f"{plain}; write {instead}" if instead else plain)


def flaw_told(kind: str, plain: str, message: str) -> PydanticCustomError:
    """The error of one field in its two wordings; ``message`` may quote the value."""
    return PydanticCustomError(kind, "{message}", {"message": message, "plain": plain})


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` was most likely meant to be."""
    names = list(known)
    folded = {re.sub(r"[-_ ]", "", known_name).lower(): known_name for known_name in names}
    same = folded.get(re.sub(r"[-_ ]", "", name).lower())
    if same is not None:
        return same
    close = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return close[0] if close else None


def is_reference(value: object) -> bool:
    """Whether ``value`` still holds a ``${VAR}``."""
    return isinstance(value, str) and REFERENCE.search(value) is not None


def allowed_reference(value: object, info: ValidationInfo) -> bool:
    """Whether ``value`` is a ``${VAR}`` that the caller lets stand (its variable is not set yet)."""
    return bool(info.context and info.context.get("references")) and is_reference(value)


class Model(BaseModel):
    """Base of what people write. Frozen; values stay as they were spelled; ``rules`` look across fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def rules(cls, _values: Mapping[str, Any]) -> Iterator[Flaw]:
        """What is wrong across fields. A field that is wrong by itself is absent from the values."""
        return iter(())

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        lines: list[InitErrorDetails] = []
        try:
            value = handler(data)
        except ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            found = error.errors(include_url=False)
            lines = [_told(cls, line) for line in found]
            wrong = {str(line["loc"][0]) for line in found if len(line["loc"]) == 1}
            values = _values(cls, data, wrong)
        else:
            if isinstance(data, cls):
                return value
            values = {name: getattr(value, name) for name in cls.model_fields}
        for one in cls.rules(values):
            custom = PydanticCustomError(
                one.kind,
                "{message}",
                {"message": one.message, "plain": one.plain},
            )
            lines.append(
                InitErrorDetails(
                    type=custom, loc=(one.field,) if isinstance(one.field, str) else one.field, input=None
                )
            )
        if lines:
            raise ValidationError.from_exception_data(cls.__name__, lines, hide_input=True)
        return value


def _values(cls: type[Model], data: Mapping[str, Any], wrong: set[str]) -> dict[str, Any]:
    values = {}
    for name, field in cls.model_fields.items():
        if name in wrong:
            continue
        if name in data:
            values[name] = data[name]
        elif not field.is_required():
            values[name] = field.get_default(call_default_factory=True)
    return values


def _told(cls: type[Model], line: Any) -> InitErrorDetails:
    context = line.get("ctx") or {}
    if "plain" in context:
        message, plain = context["message"], context["plain"]
    else:
        message, plain = phrase(cls, line, nearest)
    custom = PydanticCustomError(line["type"], "{message}", {"message": message, "plain": plain})
    return InitErrorDetails(type=custom, loc=line["loc"], input=None)
