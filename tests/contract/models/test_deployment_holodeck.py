"""holodeck-ai's own models judge what we call valid, and what we warn that it refuses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from holodeck_tui.models.compat import refused
from holodeck_tui.models.deployment import DeploymentConfig

pytestmark = pytest.mark.contract

JUDGE = """
import json, sys
from holodeck.models.deployment import DeploymentConfig
print("ready", flush=True)
for line in sys.stdin:
    try:
        DeploymentConfig(**json.loads(line))
    except Exception as error:
        print(json.dumps(str(error)), flush=True)
    else:
        print("null", flush=True)
"""


@pytest.fixture(scope="module")
def judge(holodeck_python: str) -> Iterator[Callable[[dict[str, Any]], str | None]]:
    """Asks holodeck-ai 0.7.1: None where it takes a section, else its complaint."""
    with subprocess.Popen(
        [holodeck_python, "-c", JUDGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while process.stdout.readline().strip() != "ready":
            assert process.poll() is None

        def ask(section: dict[str, Any]) -> str | None:
            process.stdin.write(json.dumps(section) + "\n")
            answer: str | None = json.loads(process.stdout.readline())
            return answer

        yield ask
        process.stdin.close()


def some(required: dict[str, Any], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    fixed = {name: st.sampled_from(values) for name, values in required.items()}
    return st.fixed_dictionaries(fixed, optional=optional)


def of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


REGISTRY = some(
    {"url": ["ghcr.io", "localhost:5000", "r.io/team"], "repository": ["a", "a/b-c", "a__b/c.d", "a--b"]},
    tag_strategy=of("git_sha", "git-sha", "git_tag", "git-tag", "latest", "semver", "timestamp"),
    custom_tag=of("v1", None),
    credentials_env_prefix=of("GHCR", None),
)
AWS = some(
    {},
    region=of("us-east-1", "cn-north-1"),
    cpu=of(1, "1", 1.0, "1 vCPU", 0.25, "0.5", 2, 4, "2vCPU", "1024"),
    memory=of(2048, "2048", "2 GB", "0.5 GB", 512, 1024, 4096, "8 GB", 8192, 3072.0),
    ecr_role_arn=of(
        None,
        "arn:aws:iam::123456789012:role/R",
        "arn:aws:iam::123456789012:role/service-role/R",
        "arn:aws-us-gov:iam::123456789012:role/R",
    ),
    auto_scaling_min=of(1, "2", 5, 25),
    auto_scaling_max=of(5, 25, 26, 100),
)
GCP = some(
    {"project_id": ["my-project", "a23456", "example.com:my-project"]},
    region=of("us-central1"),
    cpu=of(1, "1", "1000m", "2000m", 2, "500m", 0.5, 4, 8.0),
    memory=of("512Mi", "1Gi", "1.5Gi", "4Gi", "8Gi"),
    concurrency=of(1, 80, "1"),
    timeout=of(1, 3600),
    min_instances=of(0, 3),
    max_instances=of(1, 100),
)
AZURE = some(
    {
        "subscription_id": ["fbf6c63b-a885-4a65-bb7b-de0f6872d796", "FBF6C63B-A885-4A65-BB7B-DE0F6872D796"],
        "resource_group": ["rg"],
    },
    environment_name=of(None, "env"),
    cpu=of(0.25, 0.5, "0.5", "1 vCPU", 1, 2.0, 2.25, "500m", 4),
    memory=of("0.5Gi", "1Gi", "2Gi", "4Gi", "4.5Gi", "8Gi", "512Mi"),
    ingress_external=of(True, False, "true", "no"),
    min_replicas=of(0, 2),
    max_replicas=of(1, 10),
)
SECTION = st.one_of(
    st.fixed_dictionaries(
        {
            "registry": REGISTRY,
            "target": st.fixed_dictionaries(
                {"provider": st.just(name), name: block}, optional={other: st.none()}
            ),
        },
        optional={
            "runtime": of("container", "docker", "auto"),
            "protocol": of("rest", "ag-ui"),
            "port": of(1, 8080, "8081", 65535),
            "health_check_path": of("/health", "/healthz"),
            "environment": of({}, {"A": "1", "B_2": "${X}"}),
            "platform": of("linux/amd64", "linux/arm64"),
        },
    )
    for name, other, block in (("aws", "gcp", AWS), ("gcp", "azure", GCP), ("azure", "aws", AZURE))
)


@given(section=SECTION)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_valid_here_loads_there_or_there_is_a_warning_and_no_warning_is_false(judge, section):
    try:
        DeploymentConfig.model_validate(section)
    except ValidationError:
        assume(False)
    complaint = judge(section)
    warnings = list(refused(section))
    if complaint is None:
        assert warnings == []
    else:
        assert warnings, complaint


@pytest.mark.parametrize(
    "section",
    [
        {"registry": {"url": "ghcr.io", "repository": "a"}},
        {"target": {"provider": "aws", "aws": {"region": "us-east-1"}}},
        {"registry": {"repository": "a"}, "target": {"provider": "aws", "aws": {"region": "us-east-1"}}},
        {"registry": {"url": "ghcr.io", "repository": "a"}, "target": {"aws": {"region": "us-east-1"}}},
        {"registry": {"url": "ghcr.io", "repository": "a"}, "target": {"provider": "aws"}},
        {"registry": {"url": "ghcr.io", "repository": "a"}, "target": {"provider": "gcp", "gcp": {}}},
        {"registry": {"url": "ghcr.io", "repository": "a"}, "target": {"provider": "azure", "azure": {}}},
        {"registry": {}, "target": {}},
        {"port": 8080},
    ],
)
def test_an_incomplete_section_is_refused_there_and_warned_of_here(judge, section):
    assert judge(section) is not None
    assert list(refused(section))
