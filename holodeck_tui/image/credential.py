"""A login for one registry, as a value that shows nothing."""

from __future__ import annotations

import base64
from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Credential:
    """User and password, or an identity (refresh) token, or a ready bearer token.

    ``origin`` says in a few words where it came from, for error messages; ``repr`` shows no secret.
    """

    username: str
    password: str = ""
    identity_token: str = ""
    bearer: str = ""
    origin: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every spelling that must never be shown; for the redactor."""
        return tuple(filter(None, (self.password, self.identity_token, self.bearer, self._pair)))

    @property
    def basic(self) -> str:
        """The value of a Basic ``Authorization`` header."""
        return f"Basic {self._pair}"

    @property
    def _pair(self) -> str:
        if not self.password:
            return ""
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")

    def auth_config(self) -> dict[str, str]:
        """What docker-py takes as ``auth_config``; nothing is written to disk that way."""
        if self.identity_token:
            return {"identitytoken": self.identity_token}
        if self.bearer:
            return {"registrytoken": self.bearer}
        return {"username": self.username, "password": self.password}

    def __repr__(self) -> str:
        return f"Credential(username={self.username!r}, origin={self.origin!r})"
