"""The deployment: section: what is taken in both spellings, what is refused and what is said then."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from holodeck_tui.models.deployment import DeploymentConfig, schema

pytestmark = pytest.mark.unit

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
BLOCKS: dict[str, dict[str, Any]] = {
    "aws": {"region": "eu-west-1"},
    "gcp": {"project_id": "my-project"},
    "azure": {"subscription_id": SUBSCRIPTION, "resource_group": "rg"},
}


def section(provider: str = "aws", *, registry: dict[str, Any] | None = None, **block: Any) -> dict[str, Any]:
    return {
        "registry": {"url": "ghcr.io", "repository": "org/agent", **(registry or {})},
        "target": {"provider": provider, provider: {**BLOCKS[provider], **block}},
    }


def refused(data: dict[str, Any]) -> dict[str, str]:
    """Dotted path → message of every error."""
    with pytest.raises(ValidationError) as caught:
        DeploymentConfig.model_validate(data)
    return {".".join(map(str, error["loc"])): error["msg"] for error in caught.value.errors()}


def test_the_defaults_are_those_of_holodeck_0_7_1():
    aws = DeploymentConfig.model_validate(section("aws"))
    gcp = DeploymentConfig.model_validate(section("gcp")).target.gcp
    azure = DeploymentConfig.model_validate(section("azure")).target.azure
    assert (aws.runtime, aws.protocol, aws.port, aws.platform) == ("container", "rest", 8080, "linux/amd64")
    assert (aws.registry.tag_strategy, aws.health_check_path, aws.environment) == ("git_sha", "/health", {})
    assert aws.target.aws is not None
    assert (aws.target.aws.cpu, aws.target.aws.memory) == (1, 2048)
    assert (aws.target.aws.auto_scaling_min, aws.target.aws.auto_scaling_max) == (1, 5)
    assert gcp is not None
    assert (gcp.region, gcp.cpu, gcp.memory, gcp.concurrency, gcp.timeout) == (
        "us-central1",
        1,
        "512Mi",
        80,
        300,
    )
    assert (gcp.min_instances, gcp.max_instances) == (0, 100)
    assert azure is not None
    assert (azure.location, azure.cpu, azure.memory) == ("eastus", 1.0, "2Gi")
    assert (azure.ingress_external, azure.min_replicas, azure.max_replicas) == (False, 0, 10)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("git-sha", "git_sha"),
        ("git_sha", "git_sha"),
        ("git-tag", "git_tag"),
        ("semver", "semver"),
        ("latest", "latest"),
    ],
)
def test_both_spellings_of_a_tag_strategy_mean_the_same_and_stay_as_written(written, meant):
    config = DeploymentConfig.model_validate(section(registry={"tag_strategy": written}))
    assert config.registry.tag_strategy == written
    assert config.registry.strategy == meant
    assert config.model_dump(exclude_unset=True)["registry"]["tag_strategy"] == written


@pytest.mark.parametrize(
    ("cpu", "memory", "vcpus", "megabytes"),
    [
        (1, 2048, 1, 2048),
        ("1 vCPU", "2 GB", 1, 2048),
        ("1", "2048", 1, 2048),
        ("1vCPU", "3GB", 1, 3072),
        ("0.25 vCPU", "0.5 GB", 0.25, 512),
        (0.5, 1024, 0.5, 1024),
        ("1024", "4096", 1, 4096),
        (4, "12 GB", 4, 12288),
    ],
)
def test_app_runner_sizes_in_every_spelling(cpu, memory, vcpus, megabytes):
    aws = DeploymentConfig.model_validate(section("aws", cpu=cpu, memory=memory)).target.aws
    assert aws is not None
    assert (float(aws.vcpus), aws.memory_mb) == (vcpus, megabytes)
    assert (aws.cpu, aws.memory) == (cpu, memory)


@pytest.mark.parametrize(
    ("provider", "block", "path", "says"),
    [
        ("aws", {"cpu": 7}, "cpu", "0.25, 0.5, 1, 2 or 4"),
        ("aws", {"cpu": True}, "cpu", "0.25, 0.5, 1, 2 or 4"),
        ("aws", {"memory": 1}, "memory", "write 1024 or '1 GB'"),
        ("aws", {"memory": "lots"}, "memory", "must be one of 512"),
        ("aws", {"cpu": 2, "memory": 2048}, "memory", "must be 4096 or 6144 (MB) with cpu 2"),
        ("aws", {"cpu": 2}, "memory", "must be 4096 or 6144 (MB) with cpu 2"),
        ("aws", {"cpu": "0.25 vCPU", "memory": "2 GB"}, "memory", "512 or 1024"),
        ("aws", {"auto_scaling_min": 6}, "auto_scaling_min", "must not be more than auto_scaling_max (5)"),
        ("aws", {"auto_scaling_min": 0}, "auto_scaling_min", "at least 1"),
        ("aws", {"region": "Ireland"}, "region", "as us-east-1"),
        ("aws", {"health_check_path": "health"}, "health_check_path", "write /health"),
        ("gcp", {"cpu": 3}, "cpu", "1, 2, 4, 6 or 8"),
        ("gcp", {"cpu": "10m"}, "cpu", "from 0.08"),
        ("gcp", {"memory": "512"}, "memory", "write 512Mi"),
        ("gcp", {"memory": "64Mi"}, "memory", "at least 128Mi"),
        ("gcp", {"cpu": 4}, "memory", "must be 2Gi to 16Gi with cpu 4"),
        ("gcp", {"memory": "8Gi"}, "memory", "must be 128Mi to 4Gi with cpu 1"),
        ("gcp", {"cpu": "500m"}, "concurrency", "write concurrency: 1"),
        ("gcp", {"cpu": "400m", "concurrency": 1, "memory": "1Gi"}, "memory", "128Mi to 512Mi with cpu 0.4"),
        ("gcp", {"min_instances": 5, "max_instances": 2}, "min_instances", "max_instances (2)"),
        ("gcp", {"timeout": 3601}, "timeout", "at most 3600"),
        ("gcp", {"project_id": "Shop"}, "project_id", "6 to 30 lower-case"),
        ("azure", {"cpu": 0.3}, "cpu", "steps of 0.25"),
        ("azure", {"cpu": 0.5}, "memory", "write memory: 1Gi"),
        ("azure", {"cpu": 0.75, "memory": "1Gi"}, "memory", "must be 1.5Gi"),
        ("azure", {"memory": "lots"}, "memory", "twice the cpu"),
        ("azure", {"min_replicas": 11}, "min_replicas", "max_replicas (10)"),
        ("azure", {"subscription_id": "mine"}, "subscription_id", "az account show"),
        ("azure", {"resource_group": "rg."}, "resource_group", "1 to 90"),
        ("azure", {"environment_name": "-x"}, "environment_name", "letter first"),
    ],
)
def test_what_the_vendor_would_refuse_is_refused_with_what_to_write(provider, block, path, says):
    assert says in refused(section(provider, **block))[f"target.{provider}.{path}"]


@pytest.mark.parametrize(
    ("provider", "block"),
    [
        ("gcp", {"cpu": "1000m", "memory": "4Gi"}),
        ("gcp", {"cpu": 8, "memory": "32Gi"}),
        ("gcp", {"cpu": 0.5, "memory": "1Gi", "concurrency": 1}),
        ("gcp", {"cpu": "0.08", "memory": "512Mi", "concurrency": 1}),
        ("gcp", {"project_id": "example.com:my-project"}),
        ("azure", {"cpu": "0.5", "memory": "1Gi"}),
        ("azure", {"cpu": 0.25, "memory": "0.5Gi"}),
        ("azure", {"cpu": 2, "memory": "4.0Gi"}),
        ("azure", {"cpu": 0.25, "memory": "512Mi"}),
        ("azure", {"location": "East US", "resource_group": "my_(group).1-x"}),
        ("aws", {"region": "us-gov-west-1"}),
        ("aws", {"region": "cn-north-1"}),
    ],
)
def test_what_the_vendor_takes_is_taken(provider, block):
    assert DeploymentConfig.model_validate(section(provider, **block)).target.provider == provider


@pytest.mark.parametrize(
    "partition", ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"]
)
@pytest.mark.parametrize(
    "name", ["AppRunnerECRAccessRole", "service-role/AppRunnerECRAccessRole", "a/b/c/R_+=,.@-1"]
)
def test_role_arns_of_every_partition_with_and_without_a_path(partition, name):
    arn = f"arn:{partition}:iam::123456789012:role/{name}"
    config = DeploymentConfig.model_validate(section("aws", ecr_role_arn=arn))
    assert config.target.aws is not None
    assert config.target.aws.ecr_role_arn == arn


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::12345:role/R",
        "arn:aws:iam::123456789012:user/R",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/x/",
        "arn:gcp:iam::123456789012:role/R",
        "arn:aws:iam::\uff11\uff12\uff13456789012:role/R",
        "arn:aws:iam::123456789012:role/R\nFROM evil",
    ],
)
def test_what_is_no_role_arn(arn):
    assert "must be a role's ARN" in refused(section("aws", ecr_role_arn=arn))["target.aws.ecr_role_arn"]


@pytest.mark.parametrize(
    "url",
    [
        "ghcr.io",
        "docker.io",
        "localhost:5000",
        "localhost",
        "127.0.0.1:5000",
        "[::1]:5000",
        "registry:5000",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com",
        "europe-west1-docker.pkg.dev/project/repo",
    ],
)
def test_registry_hosts(url):
    assert DeploymentConfig.model_validate(section(registry={"url": url})).registry.url == url


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://ghcr.io", "write ghcr.io"),
        ("http://localhost:5000/", "write localhost:5000"),
        ("ghcr.io/", "write ghcr.io"),
        ("myregistry", "has a dot or a port"),
        ("user:pass@ghcr.io", "a host such as ghcr.io"),
        ("https://user:hunter22@ghcr.io", "a host such as ghcr.io"),
        ("ghcr.io:99999", "has a dot or a port"),
        ("", "a host such as ghcr.io"),
        ("ghcr.io/UPPER", "a host such as ghcr.io"),
    ],
)
def test_what_is_no_registry_host(url, says):
    message = refused(section(registry={"url": url}))["registry.url"]
    assert says in message
    assert "hunter22" not in message


@pytest.mark.parametrize(
    ("repository", "says"),
    [
        ("a//b", "write a/b"),
        ("Org/Agent", "write org/agent"),
        ("org/agent:1.0", "write org/agent"),
        ("org/agent@sha256:00", "write org/agent"),
        ("/org/agent/", "write org/agent"),
        ("org/my agent", "write org/my-agent"),
        ("a..b", "write a.b"),
        ("", "a name such as org/agent-name"),
        ("x" * 250, "more than 255 characters"),
    ],
)
def test_repositories_a_registry_refuses(repository, says):
    assert says in refused(section(registry={"repository": repository}))["registry.repository"]


def test_a_custom_tag_is_needed_and_checked():
    assert "required" in refused(section(registry={"tag_strategy": "custom"}))["registry.custom_tag"]
    both = refused(section(registry={"tag_strategy": "custom", "custom_tag": "-x"}))
    assert "1 to 128" in both["registry.custom_tag"]
    config = DeploymentConfig.model_validate(
        section(registry={"tag_strategy": "custom", "custom_tag": "v1.0_rc"})
    )
    assert config.registry.custom_tag == "v1.0_rc"


def test_unknown_keys_name_the_nearest_known_one_at_every_level():
    data = section("azure", memroy="2Gi", registry={"tag-strategy": "latest"})
    data |= {"prot": 1, "zzz": 1, "secrets": {}}
    errors = refused(data)
    assert "did you mean `port`?" in errors["prot"]
    assert "known here: runtime, protocol, port" in errors["zzz"]
    assert "deploy.yaml" in errors["secrets"]
    assert "did you mean `memory`?" in errors["target.azure.memroy"]
    assert "did you mean `tag_strategy`?" in errors["registry.tag-strategy"]


def test_everything_wrong_is_told_at_once_pairs_included():
    data = section("azure", cpu=0.5, min_replicas=20, registry={"url": "https://ghcr.io", "repository": "A"})
    data["port"] = 0
    data["target"]["aws"] = {}
    assert set(refused(data)) == {
        "port",
        "registry.url",
        "registry.repository",
        "target.azure.memory",
        "target.azure.min_replicas",
        "target.aws",
    }


def test_provider_and_block_belong_together():
    data = section("aws")
    data["target"] = {"provider": "gcp", "aws": BLOCKS["aws"]}
    errors = refused(data)
    assert "required with provider: gcp" in errors["target.gcp"]
    assert "must go" in errors["target.aws"]
    data["target"] = {"provider": "local"}
    assert "target: local" in refused(data)["target.provider"]
    data["target"] = {"provider": "asure"}
    assert "did you mean `azure`?" in refused(data)["target.provider"]


def test_required_keys_say_what_they_are():
    errors = refused({"target": {"provider": "azure", "azure": {}}})
    assert "where the image goes" in errors["registry"]
    assert "UUID" in errors["target.azure.subscription_id"]
    assert "resource_group" in errors["target.azure.resource_group"]


def test_one_protocol_only():
    assert "holodeck serve refuses both" in refused({**section(), "protocol": "both"})["protocol"]
    assert "did you mean `ag-ui`?" in refused({**section(), "protocol": "ag_ui"})["protocol"]


def test_environment_names_values_and_reserved_names():
    errors = refused(
        {**section("gcp"), "environment": {"1 BAD-KEY": "x", "N": 123456, "PORT": "1", "OK_1": "${X}"}}
    )
    assert "write letters, digits and _" in errors["environment.1 BAD-KEY"]
    # A number that stands for a password must not be shown.
    assert "123456" not in errors["environment.N"]
    assert "quotes" in errors["environment.N"]
    errors = refused({**section("gcp"), "environment": {"PORT": "1", "my-name": "x"}})
    assert "gcp sets it itself" in errors["environment.PORT"]
    assert "write my_name" in errors["environment.my-name"]
    assert DeploymentConfig.model_validate({**section("azure"), "environment": {"PORT": "1"}})


def test_a_cloud_that_runs_one_platform_only():
    assert "linux/amd64" in refused({**section("azure"), "platform": "linux/arm64"})["platform"]
    assert "linux/amd64 or" in refused({**section("aws"), "platform": "windows/amd64"})["platform"]
    assert (
        DeploymentConfig.model_validate({**section("aws"), "platform": "linux/arm64"}).platform
        == "linux/arm64"
    )


def test_an_error_as_text_shows_no_value():
    with pytest.raises(ValidationError) as caught:
        DeploymentConfig.model_validate(
            {**section(), "environment": {"K": ["hunter2-secret"]}, "port": "hunter2"}
        )
    assert "hunter2" not in str(caught.value)


def test_the_schema_describes_every_field_and_takes_what_the_models_take():
    document = schema()
    jsonschema.Draft202012Validator.check_schema(document)
    for block in (document, *document["$defs"].values()):
        for name, entry in block.get("properties", {}).items():
            assert entry.get("description"), name
        if "properties" in block:
            assert block["additionalProperties"] is False
    validator = jsonschema.Draft202012Validator(document)
    validator.validate(section("aws", cpu="1 vCPU", memory="2 GB"))
    assert list(validator.iter_errors({**section(), "prot": 1}))


def test_references_stand_only_where_the_caller_lets_them():
    data = section("gcp", project_id="${PROJECT}", region="${REGION}", registry={"url": "${REGISTRY}"})
    assert set(refused(data)) == {"target.gcp.project_id", "target.gcp.region", "registry.url"}
    config = DeploymentConfig.model_validate(data, context={"references": True})
    assert config.registry.url == "${REGISTRY}"
