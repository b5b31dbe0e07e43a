"""``deployment.registry``: where the image goes and how it is tagged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from holodeck_tui.models.base import Flaw, Model, allowed_reference, flaw

TagStrategy = Literal["git-sha", "git-tag", "semver", "timestamp", "latest", "custom", "git_sha", "git_tag"]

# github.com/distribution/reference, regexp.go: domain, path component, tag.
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_NAME = 255


class RegistryConfig(Model):
    """The registry, the repository in it, and the tag strategy."""

    url: str = Field(description="registry host, as `ghcr.io` or `localhost:5000`, without a scheme")
    repository: str = Field(description="repository in the registry, as `org/agent-name`")
    tag_strategy: TagStrategy = Field(
        default="git_sha",
        description="how the image tag is made: git_sha, git_tag, latest, custom; also semver and timestamp, "
        "which holodeck-ai 0.7.1 does not know",
    )
    custom_tag: str | None = Field(default=None, description="the tag itself, when tag_strategy is custom")
    credentials_env_prefix: str | None = Field(
        default=None, description="P: the credentials stand in P_USERNAME and P_PASSWORD"
    )

    @property
    def strategy(self) -> Literal["git_sha", "git_tag", "semver", "timestamp", "latest", "custom"]:
        """The tag strategy in one spelling."""
        return self.tag_strategy.replace("-", "_")  # type: ignore[return-value]

    @property
    def host(self) -> str:
        """Host and port alone."""
        return self.url.partition("/")[0]

    @property
    def image_name(self) -> str:
        """``host/repository`` without a tag."""
        return f"{self.url}/{self.repository}"

    @field_validator("tag_strategy", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str, info: ValidationInfo) -> str:
        if allowed_reference(value, info):
            return value
        plain = "must be a registry host without a scheme"
        bare = re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://", "", value).rstrip("/")
        host, _, path = bare.partition("/")
        if bare != value:
            raise flaw("registry-url", plain, bare if _host(host) else "a host such as ghcr.io")
        if not _HOST.fullmatch(host) or (path and not _PATH.fullmatch(path)):
            raise flaw("registry-url", plain, "a host such as ghcr.io")
        if not _host(host):
            # Container engines would read it as a folder of Docker Hub.
            raise flaw("registry-url", f"{plain}: a host has a dot or a port", "docker.io for Docker Hub")
        return value

    @field_validator("repository")
    @classmethod
    def _check_repository(cls, value: str, info: ValidationInfo) -> str:
        if allowed_reference(value, info) or _PATH.fullmatch(value):
            return value
        plain = "must be lower-case letters, digits and single separators (. _ - /) between them"
        if "@" in value or ":" in value:
            bare = re.split("[:@]", value)[0]
            known = bare if _PATH.fullmatch(bare) else "the repository alone"
            raise flaw("repository", "must not hold a tag or digest (tag_strategy makes the tag)", known)
        raise flaw("repository", plain, _repaired(value))

    @field_validator("custom_tag")
    @classmethod
    def _check_tag(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or allowed_reference(value, info) or _TAG.fullmatch(value):
            return value
        raise flaw("tag", "must be 1 to 128 letters, digits and . _ -, not starting with . or -")

    @field_validator("credentials_env_prefix")
    @classmethod
    def _check_prefix(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or allowed_reference(value, info) or _ENV_NAME.fullmatch(value):
            return value
        raise flaw("env-prefix", "must be letters, digits and _, as GHCR for GHCR_USERNAME and GHCR_PASSWORD")

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """A custom tag where one is asked for; a name that registries take."""
        if values.get("tag_strategy") == "custom" and "custom_tag" in values and not values["custom_tag"]:
            text = "is required when tag_strategy is custom"
            yield Flaw("custom_tag", text, text)
        name = f"{values.get('url', '')}/{values.get('repository', '')}"
        if len(name) > _LONGEST_NAME:
            text = f"makes an image name of more than {_LONGEST_NAME} characters; write a shorter one"
            yield Flaw("repository", text, text)


def _host(host: str) -> bool:
    dotted = "." in host or ":" in host or host == "localhost"
    return dotted and _HOST.fullmatch(host) is not None and _port(host)


def _port(host: str) -> bool:
    port = host.rpartition(":")[2] if not host.endswith("]") and ":" in host else ""
    return not port.isdigit() or 1 <= int(port) <= 65535


def _repaired(value: str) -> str:
    parts = (re.sub(r"[^a-z0-9._-]+", "-", part).strip("._-") for part in value.lower().split("/"))
    text = "/".join(re.sub(r"([._-])[._-]+", r"\1", part) for part in parts if part)
    return text if _PATH.fullmatch(text) else "a name such as org/agent-name"
