"""The registries that set-up offers: those that each target's deployer pulls from, and what is proposed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from holodeck_tui.config.resolve import Settings, load_settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.deployers.accounts import Account, known_accounts
from holodeck_tui.deployers.aws.apprunner_template import check_settings
from holodeck_tui.deployers.aws.ecs_registry import pull_login
from holodeck_tui.deployers.azure.registry import pull_of
from holodeck_tui.deployers.gcp.registry import check_pullable
from holodeck_tui.deployers.looking import Found, SeenRegistry
from holodeck_tui.deployers.registries import KINDS, Kind, Product, offers

URLS: dict[Kind, str] = {
    "ecr": "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "artifact-registry": "us-central1-docker.pkg.dev/my-project-1",
    "acr": "agents.azurecr.io",
    "ghcr": "ghcr.io",
    "docker-hub": "docker.io",
}
BLOCKS = {
    "aws": "{region: us-east-1, ecr_role_arn: 'arn:aws:iam::123456789012:role/Pulls'}",
    "gcp": "{project_id: my-project-1}",
    "azure": "{subscription_id: 00000000-0000-0000-0000-00000000a2e5, resource_group: agents, "
    "environment_name: shared}",
}
LOGIN = {"HOLODECK_REGISTRY_USERNAME": "me", "HOLODECK_REGISTRY_PASSWORD": "lasting-password"}


def settings_with(kind: Kind, provider: str, folder: Path, environ: dict[str, str]) -> Settings:
    (folder / "agent.yaml").write_text(
        "name: greeter\nmodel: {provider: ollama, name: llama3}\ninstructions: {inline: be kind}\n"
        f"deployment:\n  registry: {{url: {URLS[kind]}, repository: team/greeter}}\n"
        f"  target: {{provider: {provider}, {provider}: {BLOCKS[provider]}}}\n"
    )
    return load_settings(
        folder / "agent.yaml",
        target=None,
        environment=None,
        environ=environ,
        cwd=folder,
        home=folder,
        missing="warning",
    )


def takes(product: Product, kind: Kind, folder: Path) -> bool:
    """Whether the deployer itself says that its cloud can pull from there."""
    environ = {**LOGIN, "HOME": str(folder)}
    provider = "aws" if product in {"app-runner", "ecs-express"} else product
    settings, ctx = settings_with(kind, provider, folder, environ), Context(environ=environ)
    try:
        if product == "gcp":
            check_pullable(settings, ctx)
        elif product == "azure":
            pull_of(settings)
        elif product == "ecs-express":
            pull_login(settings, ctx)
        else:
            check_settings(settings, with_secrets=False)
    except DeploymentError as error:
        if error.code != "registry-unpullable":
            raise
        return False
    return True


# Whose registry a cloud pulls from with a lasting login is nobody's business but the user's: not offered,
# and not refused either (ACR for ECS, for one).
@pytest.mark.parametrize("kind", URLS)
@pytest.mark.parametrize("product", KINDS)
def test_what_is_offered_is_what_the_deployer_takes(product: Product, kind: Kind, tmp_path: Path) -> None:
    taken = takes(product, kind, tmp_path)
    if kind in KINDS[product]:
        assert taken
    elif kind in {"ghcr", "docker-hub", "ecr"}:
        assert not taken


def test_ecr_is_the_only_one_of_app_runner_and_a_new_repository_is_told() -> None:
    seen = SeenRegistry(URLS["ecr"], ("other", "third"))
    (one,) = offers("app-runner", Found(registries=(seen,)), "Ticket Routing!")
    assert (one.url, one.repository) == (URLS["ecr"], "ticket-routing")
    assert one.repositories == ("ticket-routing", "other", "third")
    assert one.is_missing(one.url, "ticket-routing")
    assert "--create" in one.told("ticket-routing")
    assert not one.is_missing(one.url, "other")
    assert one.told("other") == "It is there."
    # Nobody looked into another registry.
    assert not one.is_missing("999999999999.dkr.ecr.us-east-1.amazonaws.com", "ticket-routing")


def test_what_could_not_be_listed_is_not_called_missing() -> None:
    (one,) = offers("app-runner", Found(registries=(SeenRegistry(URLS["ecr"]),)), "greeter")
    assert not one.is_missing(one.url, "greeter")
    assert one.told("greeter").startswith("If it is not there yet")


def test_artifact_registry_holds_images_in_repositories_of_regions() -> None:
    seen = (
        SeenRegistry("us-central1-docker.pkg.dev/p", (), "us-central1"),
        SeenRegistry("europe-west1-docker.pkg.dev/p", ("team", "zoo"), "europe-west1"),
        SeenRegistry("us-docker.pkg.dev/p", ("wide",), "us"),
    )
    *artifacts, hub = offers("gcp", Found(registries=seen), "greeter")
    assert [(one.url, one.repository, one.region) for one in artifacts] == [
        ("us-central1-docker.pkg.dev/p", "agents/greeter", "us-central1"),
        ("europe-west1-docker.pkg.dev/p", "team/greeter", "europe-west1"),
        ("europe-west1-docker.pkg.dev/p", "zoo/greeter", "europe-west1"),
        ("us-docker.pkg.dev/p", "wide/greeter", ""),
    ]
    assert [one.is_missing(one.url, one.repository) for one in artifacts] == [True, False, False, False]
    assert "not there yet" in artifacts[0].title
    assert hub.kind == "docker-hub"
    assert "public" in hub.needs


def test_without_a_login_the_form_of_the_registry_is_shown() -> None:
    first, *_ = offers("azure", Found(), "greeter")
    assert (first.url, first.example, first.repository) == ("", "NAME.azurecr.io", "greeter")


def test_the_owner_is_proposed_from_the_login_that_docker_has(tmp_path: Path) -> None:
    auth = base64.b64encode(b"Octo-Cat:secret-password-1").decode()
    folder = tmp_path / ".docker"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"auths": {"ghcr.io": {"auth": auth}}}))
    accounts = known_accounts(Context(environ={"HOME": str(tmp_path)}))
    assert accounts["ghcr.io"] == Account("Octo-Cat", "docker config")
    _, ghcr, hub = offers("azure", Found(accounts=accounts), "greeter")
    assert ghcr.repository == "octo-cat/greeter"
    assert "of Octo-Cat" in ghcr.needs
    assert (hub.repository, hub.repository_example) == ("", "OWNER/greeter")
    assert hub.needs.endswith("docker login")
    assert "secret-password-1" not in ghcr.needs


def test_a_helper_that_is_broken_is_told_and_hides_nothing(tmp_path: Path) -> None:
    folder = tmp_path / ".docker"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"credsStore": "not-there"}))
    accounts = known_accounts(Context(environ={"HOME": str(tmp_path), "PATH": ""}))
    _, ghcr, _ = offers("azure", Found(accounts=accounts), "greeter")
    assert "docker-credential-not-there" in ghcr.needs
