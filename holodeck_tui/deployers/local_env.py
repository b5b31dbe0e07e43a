"""What a revision's environment holds: expanded at the last moment, remembered as keyed hashes only."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.files import atomic_write
from holodeck_tui.core.redact import SHORTEST, looks_secret
from holodeck_tui.deployers.base import ServiceSpec

# What a process needs of the machine it runs on. PATH finds the tools (node, npx) an agent's MCP
# servers are; the certificate variables are paths that make TLS work behind a company's proxy.
# The proxies themselves may carry a password: an agent that needs one declares it.
_FROM_SHELL = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)
# Without these Windows starts no program, or none that opens a socket.
_FROM_WINDOWS = (
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
)


def expand(spec: ServiceSpec, ctx: Context, *, lenient: bool = False) -> dict[str, str]:
    """Every variable of the container with its value. What is secret becomes known to the redactor.

    ``lenient`` leaves a text as it is where a variable in it is set nowhere: good enough to compare.
    Raises ``variable-missing`` and, for a secret that stands in a vendor's store, ``unsupported``.
    """
    values: dict[str, str] = {}
    variables = spec.settings.variables

    def value(text: str) -> str:
        return text if lenient and variables.missing(text) else variables.expand(text)

    for name, text in spec.env.items():
        values[name] = value(text)
        _mask(spec, text, ctx)
        if looks_secret(name):
            ctx.redactor.add(values[name])
    for secret in spec.secrets:
        if secret.text is None and lenient:
            continue
        if secret.text is None:
            raise DeploymentError(
                "unsupported",
                f"The secret {secret.name} cannot be had on this machine.",
                reason="deploy.yaml refers to a vendor's secret store, which only that vendor's target reads",
                remedy=f"Give the local target a value in deploy.yaml: {secret.name}: {{env: {secret.name}}}",
            )
        values[secret.name] = value(secret.text)
        _mask(spec, secret.text, ctx)
        ctx.redactor.add(values[secret.name])
    return values


def _mask(spec: ServiceSpec, text: str, ctx: Context) -> None:
    # The variable's own value too: the agent may print it without what stands around it.
    variables = spec.settings.variables
    ctx.redactor.add(*(variables.get(name) or "" for name in variables.references(text)))


def masked_in_log(spec: ServiceSpec, values: Mapping[str, str]) -> list[str]:
    """What must not get into the log that an agent's process writes: its secrets, longest first."""
    variables = spec.settings.variables
    texts = [*spec.env.values(), *(secret.text or "" for secret in spec.secrets)]
    found = {variables.get(name) or "" for text in texts for name in variables.references(text)}
    found |= {value for name, value in values.items() if looks_secret(name)}
    found |= {values.get(secret.name, "") for secret in spec.secrets}
    return sorted((one for one in found if len(one) >= SHORTEST), key=lambda one: (-len(one), one))


def hashes(values: Mapping[str, str], key: bytes) -> dict[str, str]:
    """Name → keyed hash of the value: tells whether a value changed, and nothing else."""
    return {
        name: hmac.new(key, f"{name}={value}".encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[
            :24
        ]
        for name, value in values.items()
    }


def fingerprint_key(root: Path) -> bytes:
    """This user's key for :func:`hashes`, made when there is none; only the user may read it."""
    path = root / "fingerprint.key"
    try:
        key = path.read_bytes()
        if len(key) == 32:
            return key
    except FileNotFoundError:
        pass
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_bytes(32)
    atomic_write(path, key, mode=0o600)
    return key


def process_environment(
    values: Mapping[str, str], scratch: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """The whole environment of an agent that runs as a process: the declared one and the minimum.

    HOME and the temporary folder are inside ``scratch``. Nothing else of the shell gets in.
    """
    home, temporary = str(scratch / "home"), str(scratch / "tmp")
    names = (*_FROM_SHELL, *(_FROM_WINDOWS if os.name == "nt" else ()))
    minimum = {name: environ[name] for name in names if environ.get(name)}
    minimum.setdefault("LANG", "C.UTF-8")
    minimum.update(HOME=home, TMPDIR=temporary, PYTHONUNBUFFERED="1", PYTHONUTF8="1")
    if os.name == "nt":
        minimum.update(USERPROFILE=home, APPDATA=home, LOCALAPPDATA=home, TEMP=temporary, TMP=temporary)
    return {**minimum, **values}
