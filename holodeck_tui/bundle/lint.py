"""Files that look like credentials, by name and by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from holodeck_tui.bundle.ignore import translate
from holodeck_tui.core.redact import looks_secret

SNIFF_BYTES = 256 * 1024
"""How much of a file's beginning is looked at: keys and account files are a few kilobytes."""

VALUE_REFERENCE = re.compile(r"(?:\$\{[A-Za-z_][A-Za-z0-9_]*\})+")
"""A value that is nothing but references."""

_EXAMPLES = (".example", ".sample", ".template", ".dist", ".defaults", ".pub", ".md")
_NAMES = (
    ".env", ".env.*", "*.env", "*.pem", "*.key", "*.p8", "*.p12", "*.pfx", "*.ppk", "*.jks", "*.keystore",
    "*.kdbx", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*credentials*.json", "client_secret*.json",
    "*service-account*.json", "*service_account*.json", "*serviceaccount*.json", ".npmrc", ".pypirc",
    ".netrc", "_netrc", ".git-credentials", ".htpasswd", ".pgpass", ".my.cnf", ".dockercfg", "kubeconfig",
    "*.kubeconfig", "*.tfstate", "*.ovpn",
)  # fmt: skip
_TAILS = ("*.aws/credentials", "*.docker/config.json", "*.kube/config", "*.config/gcloud/*", "*.azure/*")

# A header alone stands in many documents; a header with a body is a key. JSON spells newlines as \n.
_PRIVATE_KEY = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,20}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nr])+"
    rb"(?:[A-Za-z-]{3,20}: [^\n]{0,200}(?:\s|\\[nr])+){0,4}[A-Za-z0-9+/]{32}"
)
_GOOGLE_TYPE = re.compile(rb'"type"\s*:\s*"(?:service_account|authorized_user|external_account)"')
_GOOGLE_SECRET = re.compile(rb'"(?:private_key|refresh_token|credential_source)"\s*:')


def suspicious_name(path: str) -> str | None:
    """Why a file of this name is probably a credential, or None. ``*.example`` and the like are not."""
    lower = path.lower()
    name = lower.rpartition("/")[2]
    if name.endswith(_EXAMPLES):
        return None
    hit = next((glob for glob in _NAMES if fnmatchcase(name, glob)), None)
    hit = hit or next((tail for tail in _TAILS if fnmatchcase(f"/{lower}", tail)), None)
    return f"its name looks like a credential ({hit})" if hit else None


def suspicious_content(head: bytes) -> str | None:
    """Why a file that begins with ``head`` is a credential, or None."""
    if b"PRIVATE KEY" in head and _PRIVATE_KEY.search(head):
        return "it holds a private key"
    if b'"type"' in head and _GOOGLE_TYPE.search(head) and _GOOGLE_SECRET.search(head):
        return "it is a Google credentials file"
    return None


def suspicious_settings(head: bytes) -> str | None:
    """Why an environment file that agent.yaml names would put a secret into the image, or None."""
    import io

    from dotenv import dotenv_values

    text = head.decode("utf-8", "replace")
    for name, value in dotenv_values(stream=io.StringIO(text), interpolate=False).items():
        if value and looks_secret(name) and not VALUE_REFERENCE.fullmatch(value):
            return f"it holds the secret {name} (give it to the tool by env: and ${{{name}}} instead)"
    return None


class Allowed:
    """``allow_files`` of deploy.yaml: paths, or patterns as ``.dockerignore`` has them."""

    def __init__(self, entries: Iterable[str]) -> None:
        cleaned = [entry.replace("\\", "/").removeprefix("./") for entry in entries]
        self._exact = frozenset(cleaned)
        self._patterns = [pattern for entry in cleaned if (pattern := _compiled(entry))]

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and (
            path in self._exact or any(pattern.fullmatch(path) for pattern in self._patterns)
        )


def _compiled(entry: str) -> re.Pattern[str] | None:
    try:
        return re.compile(translate(entry), re.DOTALL)
    except re.error:
        return None  # the name of one file, with a bracket in it
