"""``${VAR}``: where a value comes from, and its value at the last moment only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.redact import looks_secret
from holodeck_tui.models.base import REFERENCE

Source = Literal["shell", ".env", "~/.holodeck/.env"]


class Variables:
    """Looks a variable up in the shell, then ``./.env``, the agent's ``.env`` and ``~/.holodeck/.env``.

    Files are read when they are first needed. ``repr`` shows no value.
    """

    def __init__(self, environ: Mapping[str, str], *, cwd: Path, agent_dir: Path, home: Path) -> None:
        self._environ = environ
        self._cwd = cwd
        self._agent_dir = agent_dir
        self._home = home

    @cached_property
    def _places(self) -> tuple[tuple[Source, Mapping[str, str]], ...]:
        folders = dict.fromkeys(folder.resolve() for folder in (self._cwd, self._agent_dir))
        near: list[tuple[Source, Mapping[str, str]]] = [
            (".env", _read(folder / ".env")) for folder in folders
        ]
        return (
            ("shell", self._environ),
            *near,
            ("~/.holodeck/.env", _read(self._home / ".holodeck" / ".env")),
        )

    def get(self, name: str) -> str | None:
        """The value, or None where it is set nowhere. Raises ``file-unreadable`` for a broken ``.env``."""
        for _, values in self._places:
            if name in values:
                return values[name]
        return None

    def source(self, name: str) -> Source | None:
        """Where the value comes from."""
        for source, values in self._places:
            if name in values:
                return source
        return None

    def references(self, text: str) -> tuple[str, ...]:
        """The names that ``text`` refers to, each once, in order."""
        return tuple(dict.fromkeys(REFERENCE.findall(text)))

    def missing(self, text: str) -> tuple[str, ...]:
        """Those of the names in ``text`` that are set nowhere."""
        return tuple(name for name in self.references(text) if self.source(name) is None)

    def expand(self, text: str) -> str:
        """``text`` with every ``${VAR}`` replaced, once: values are not looked into again.

        Raises ``variable-missing`` naming all that are set nowhere.
        """
        missing = self.missing(text)
        if missing:
            raise missing_error(missing)
        return REFERENCE.sub(lambda match: self.get(match[1]) or "", text)

    def secrets(self, names: Iterable[str] = ()) -> tuple[str, ...]:
        """Values that must be masked: of ``names``, and of all names that look secret."""
        found = {value for name in names if (value := self.get(name)) is not None}
        for _, values in self._places:
            found |= {value for name, value in values.items() if looks_secret(name)}
        return tuple(sorted(found))

    def names_in_files(self) -> frozenset[str]:
        """All names that ``.env`` files set."""
        return frozenset(name for source, values in self._places if source != "shell" for name in values)

    def __repr__(self) -> str:
        return f"Variables(cwd={str(self._cwd)!r})"


def export_them(names: Sequence[str]) -> str:
    """What to do about variables that have no value: one command for all of them."""
    which = "it" if len(names) == 1 else "them"
    return f"export {' '.join(f'{name}=…' for name in names)}  (or write {which} into .env)"


def missing_error(names: Iterable[str]) -> DeploymentError:
    """``variable-missing`` for these names."""
    all_names = list(names)
    listed = ", ".join(all_names)
    many = len(all_names) > 1
    return DeploymentError(
        "variable-missing",
        f"The variables {listed} are not set." if many else f"The variable {listed} is not set.",
        reason="neither the shell nor ./.env nor ~/.holodeck/.env has a value",
        remedy=export_them(all_names),
    )


def _read(path: Path) -> dict[str, str]:
    # A named pipe counts as well: password managers serve .env that way.
    if not path.exists() or path.is_dir():
        return {}
    from io import StringIO

    from dotenv import dotenv_values

    try:
        # A byte order mark would become part of the first name.
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or "no access"
        raise DeploymentError(
            "file-unreadable",
            f"{path} cannot be read.",
            reason=reason,
            remedy=f"Make {path} a readable UTF-8 text file, or remove it.",
        ) from None
    values = dotenv_values(stream=StringIO(text), interpolate=False)
    return {name: value for name, value in values.items() if value is not None}
