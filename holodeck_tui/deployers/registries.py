"""The registries that a target pulls from: what each needs, and what is proposed of it at a first setup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from holodeck_tui.config.smallest import repository_name
from holodeck_tui.deployers.accounts import GHCR, Account
from holodeck_tui.deployers.looking import Found, SeenRegistry
from holodeck_tui.image.reference import HUB

Product = Literal["app-runner", "ecs-express", "gcp", "azure"]
Kind = Literal["ecr", "artifact-registry", "acr", "ghcr", "docker-hub"]

_OWNER = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")

KINDS: Mapping[Product, tuple[Kind, ...]] = {
    # The model of App Runner takes images of ECR alone; Cloud Run pulls from Google and Docker Hub.
    "app-runner": ("ecr",),
    "ecs-express": ("ecr", "ghcr", "docker-hub"),
    "gcp": ("artifact-registry", "docker-hub"),
    "azure": ("acr", "ghcr", "docker-hub"),
}
_EXAMPLES: Mapping[Kind, str] = {
    "ecr": "ACCOUNT.dkr.ecr.REGION.amazonaws.com",
    "artifact-registry": "REGION-docker.pkg.dev/PROJECT",
    "acr": "NAME.azurecr.io",
    "ghcr": GHCR,
    "docker-hub": HUB,
}
_NAMES: Mapping[Kind, str] = {
    "ecr": "Amazon ECR",
    "artifact-registry": "Artifact Registry",
    "acr": "Azure Container Registry",
    "ghcr": "GitHub, ghcr.io",
    "docker-hub": "Docker Hub",
}
_PUSH: Mapping[Kind, str] = {
    "ecr": "To push: AmazonEC2ContainerRegistryPowerUser.",
    "artifact-registry": "To push: roles/artifactregistry.writer; to make a repository, .admin.",
    "acr": "To push: the role AcrPush on it.",
    "ghcr": "To push: a GitHub token with write:packages.",
    "docker-hub": "To push: an account there.",
}
_LOGIN = "HOLODECK_REGISTRY_USERNAME and _PASSWORD"
_LASTING = (
    f"To pull: a lasting login ({_LOGIN}, or docker login). AWS keeps it as a secret, which the execution "
    "role must be allowed to read."
)
_OPEN = f"To pull: it is public, or {_LOGIN} are set at the deploy; Azure keeps them as a secret."
_PULL: Mapping[tuple[Product, Kind], str] = {
    ("app-runner", "ecr"): "To pull: a role that App Runner may assume, with "
    "AWSAppRunnerServicePolicyForECRAccess.",
    ("ecs-express", "ecr"): "To pull: the execution role, with AmazonECSTaskExecutionRolePolicy.",
    ("ecs-express", "ghcr"): _LASTING,
    ("ecs-express", "docker-hub"): _LASTING,
    ("gcp", "artifact-registry"): "To pull: nothing more in the same project.",
    ("gcp", "docker-hub"): "To pull: Cloud Run has no login there, so the image must be public, for "
    "everybody to read.",
    ("azure", "acr"): "To pull: an identity with AcrPull, asked for next.",
    ("azure", "ghcr"): _OPEN,
    ("azure", "docker-hub"): _OPEN,
}


@dataclass(frozen=True)
class Offer:
    """One registry for one target. ``url`` empty: somebody has to write it, in the form of ``example``.

    ``repository`` is what is proposed, ``repositories`` are others to choose; ``known`` are the names
    that are there, None where nobody could tell. ``needs`` is what it costs in permissions.
    """

    kind: Kind
    title: str
    needs: str
    url: str
    example: str
    repository: str
    repository_example: str
    repositories: tuple[str, ...] = ()
    known: frozenset[str] | None = None
    region: str = ""

    @property
    def makes_its_own(self) -> bool:
        """Whether the first push makes a repository there."""
        return self.kind in {"acr", "ghcr", "docker-hub"}

    def is_missing(self, url: str, repository: str) -> bool:
        """Whether a repository is known not to be there, so that only ``--create`` lets a push succeed."""
        if self.makes_its_own or self.known is None or url.strip() != self.url:
            return False
        name = repository.strip()
        return (name.partition("/")[0] if self.kind == "artifact-registry" else name) not in self.known

    def told(self, repository: str) -> str:
        """A remark about a repository's name."""
        if not repository.strip():
            return ""
        if self.makes_its_own:
            return "The first push makes it, if it is not there."
        if self.known is None:
            return "If it is not there yet: deploy --create makes it."
        if self.is_missing(self.url, repository):
            return "Not there yet; you are asked if the deploy shall make it (--create)."
        return "It is there."


def offers(product: Product, found: Found, agent_name: str) -> tuple[Offer, ...]:
    """Every registry that ``product`` pulls from, those that the login sees first."""
    name = repository_name(agent_name)
    made: list[Offer] = []
    for kind in KINDS[product]:
        about = _Kind(product, kind, name)
        if kind in {"ghcr", "docker-hub"}:
            host = GHCR if kind == "ghcr" else HUB
            made.append(about.public(host, found.accounts.get(host)))
        elif not found.registries:
            made.append(about.unseen())
        elif kind == "artifact-registry":
            made += [offer for one in found.registries for offer in about.folders(one)]
        else:
            made += [about.seen(one) for one in found.registries]
    return tuple(made)


@dataclass(frozen=True)
class _Kind:
    product: Product
    kind: Kind
    name: str

    def _make(self, title: str, url: str, repository: str, **more: object) -> Offer:
        needs = f"{_PUSH[self.kind]} {_PULL[self.product, self.kind]}"
        example = f"OWNER/{self.name}" if self.kind in {"ghcr", "docker-hub"} else repository
        return Offer(self.kind, title, needs, url, _EXAMPLES[self.kind], repository, example, **more)  # type: ignore[arg-type]

    def unseen(self) -> Offer:
        """Nobody could tell which there are."""
        folder = "agents/" if self.kind == "artifact-registry" else ""
        return self._make(_NAMES[self.kind], "", folder + self.name)

    def seen(self, one: SeenRegistry) -> Offer:
        """An ECR or ACR. The agent's own repository is proposed: sharing another's is a choice."""
        names = one.repositories
        return self._make(
            f"{_NAMES[self.kind]}, {one.url}",
            one.url,
            self.name,
            repositories=tuple(dict.fromkeys((self.name, *(names or ())))),
            known=None if names is None else frozenset(names),
        )

    def folders(self, one: SeenRegistry) -> list[Offer]:
        """One for each repository of Artifact Registry, which holds the images of many agents."""
        known = None if one.repositories is None else frozenset(one.repositories)
        return [
            self._make(
                f"{_NAMES[self.kind]}, {one.region}: {folder}"
                + (" (not there yet)" if known is not None and folder not in known else ""),
                one.url,
                f"{folder}/{self.name}",
                repositories=tuple(f"{each}/{self.name}" for each in one.repositories or ()),
                known=known,
                region=one.region if any(sign.isdigit() for sign in one.region) else "",
            )
            for folder in one.repositories or ("agents",)
        ]

    def public(self, host: str, account: Account | None) -> Offer:
        """A registry that is no cloud's; ``account`` None: nobody looked for a login."""
        if account is None:
            return self._make(_NAMES[self.kind], host, "")
        owner = account.user.lower()
        known = bool(account.origin) and _OWNER.fullmatch(owner) is not None
        made = self._make(_NAMES[self.kind], host, f"{owner}/{self.name}" if known else "")
        if account.origin:
            who = f" of {account.user}" if account.user else ""
            told = f"A login{who} is known here ({account.origin})."
        else:
            told = (
                account.broken or f"No login is known here: docker login{'' if host == HUB else f' {host}'}"
            )
        return replace(made, needs=f"{made.needs}\n{told}")
