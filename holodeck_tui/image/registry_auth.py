"""The token dance: a registry asks for a token, a token server gives one, it is kept for its life.

distribution.github.io/distribution/spec/auth/token and /oauth: what Docker Hub, ghcr, Artifact Registry
and ACR do; ECR and registries with htpasswd ask for Basic instead. Tokens are in memory only.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.challenge import Challenge, parse_challenges
from holodeck_tui.image.credential import Credential
from holodeck_tui.image.endpoints import Endpoint, check_safe

if TYPE_CHECKING:
    import httpx

CLIENT_ID = "holodeck-deploy-tui"
# The specification's default where expires_in is not given.
_DEFAULT_LIFE = 60.0
# A token is not used in its last seconds: a request must arrive before it ends.
_MARGIN = 5.0

Fetch = Callable[..., "httpx.Response"]


@dataclass(frozen=True)
class _Token:
    value: str
    ends: float


class TokenCache:
    """Challenges by registry and tokens by what they are for; shared by every client of a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.guard = threading.Lock()
        self.challenges: dict[str, Challenge] = {}
        self.tokens: dict[tuple[str, ...], _Token] = {}
        self._locks: dict[tuple[str, ...], threading.Lock] = {}

    def lock(self, key: tuple[str, ...]) -> threading.Lock:
        """One dance at a time for one key: requests in parallel wait for the first one's token."""
        with self.guard:
            return self._locks.setdefault(key, threading.Lock())

    def __repr__(self) -> str:
        return f"TokenCache({len(self.tokens)} tokens)"


SHARED = TokenCache()


class Authenticator:
    """Makes ``Authorization`` headers for one registry and one login.

    ``fetch(method, url, headers=…, params=…, data=…)`` sends a request to the token server, which may
    be another host; it follows the client's retries and never carries the registry's own header.
    """

    def __init__(
        self, endpoint: Endpoint, credential: Credential | None, fetch: Fetch, ctx: Context, cache: TokenCache
    ) -> None:
        self._endpoint = endpoint
        self._credential = credential
        self._fetch = fetch
        self._ctx = ctx
        self._cache = cache
        self._who = _fingerprint(credential)

    @property
    def username(self) -> str | None:
        """Whose login is used; None for anonymous."""
        return self._credential.username if self._credential else None

    def header(self, scopes: frozenset[str]) -> str | None:
        """What to send along with a first try: nothing until the registry has asked once."""
        if self._credential and self._credential.bearer:
            return f"Bearer {self._credential.bearer}"
        challenge = self._cache.challenges.get(self._endpoint.url)
        if challenge is None:
            return None
        if challenge.scheme == "basic":
            return self._credential.basic if self._credential and self._credential.password else None
        return f"Bearer {self._token(challenge, scopes)}"

    def refused(self, response: httpx.Response, scopes: frozenset[str], used: str | None) -> bool:
        """Whether another try may succeed after a 401; forgets the token that was ``used``."""
        offered = [
            challenge
            for header in response.headers.get_list("www-authenticate")
            for challenge in parse_challenges(header)
        ]
        bearer = next((c for c in offered if c.scheme == "bearer" and c.parameters.get("realm")), None)
        basic = next((c for c in offered if c.scheme == "basic"), None)
        if bearer is not None:
            self._cache.challenges[self._endpoint.url] = bearer
            self._forget(bearer, scopes, used)
            return True
        if basic is not None and self._credential and self._credential.password:
            self._cache.challenges[self._endpoint.url] = basic
            return used != self._credential.basic
        return False

    def _forget(self, challenge: Challenge, scopes: frozenset[str], used: str | None) -> None:
        key = self._key(challenge, scopes)
        with self._cache.guard:
            known = self._cache.tokens.get(key)
            # Another thread may have fetched a new one meanwhile; that one stays.
            if known is not None and used == f"Bearer {known.value}":
                del self._cache.tokens[key]

    def _key(self, challenge: Challenge, scopes: Iterable[str]) -> tuple[str, ...]:
        parameters = challenge.parameters
        return (
            self._endpoint.url,
            parameters.get("realm", ""),
            parameters.get("service", ""),
            self._who,
            *sorted(scopes),
        )

    def _token(self, challenge: Challenge, scopes: frozenset[str]) -> str:
        key = self._key(challenge, scopes)
        with self._cache.lock(key):
            known = self._cache.tokens.get(key)
            if known is not None and known.ends > self._cache.clock():
                return known.value
            token = self._dance(challenge, scopes)
            with self._cache.guard:
                self._cache.tokens[key] = token
            self._ctx.redactor.add(token.value)
            return token.value

    def _dance(self, challenge: Challenge, scopes: frozenset[str]) -> _Token:
        realm = challenge.parameters["realm"]
        check_safe(realm, f"The token server that {self._endpoint.host} names")
        asked = self._cache.clock()
        answer = _read(self._ask(realm, challenge.parameters.get("service"), scopes))
        value = answer.get("token") or answer.get("access_token")
        if not isinstance(value, str) or not value:
            raise DeploymentError(
                "registry-error",
                f"The token server of {self._endpoint.host} gave no token.",
                reason="its answer has neither token nor access_token",
                remedy="Try again; if it stays so, ask whoever runs the registry.",
            )
        life = answer.get("expires_in")
        seconds = float(life) if isinstance(life, (int, float)) and life > 0 else _DEFAULT_LIFE
        return _Token(value, asked + max(seconds - _MARGIN, seconds / 2))

    def _ask(self, realm: str, service: str | None, scopes: frozenset[str]) -> httpx.Response:
        credential = self._credential
        fields = [("service", service)] if service else []
        if credential and credential.identity_token:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": credential.identity_token,
                "client_id": CLIENT_ID,
                **dict(fields),
            }
            if scopes:
                form["scope"] = " ".join(sorted(scopes))
            return self._fetch("POST", realm, data=form)
        query = [*fields, *(("scope", scope) for scope in sorted(scopes))]
        if credential and credential.password:
            query.append(("account", credential.username))
            return self._fetch("GET", realm, params=query, headers={"Authorization": credential.basic})
        return self._fetch("GET", realm, params=query)


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _fingerprint(credential: Credential | None) -> str:
    if credential is None:
        return ""
    parts = (credential.username, credential.password, credential.identity_token)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
