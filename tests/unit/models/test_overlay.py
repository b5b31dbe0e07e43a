"""deploy.yaml's models."""

from __future__ import annotations

import jsonschema
import pytest
from pydantic import ValidationError

from holodeck_tui.models.overlay import Overlay, overlay_schema

pytestmark = pytest.mark.unit

EVERYTHING = {
    "target": "local",
    "image": {"base": "ghcr.io/org/base@sha256:" + "0" * 64, "builder": "layers", "keep": 3},
    "secrets": {"OPENAI_API_KEY": {"env": "OPENAI_API_KEY"}, "DB_PASSWORD": {"ref": "arn:aws:x"}},
    "allow_plain": ["NAME"],
    "allow_files": ["data/server.pem"],
    "health": {"path": "/health", "ready": "/ready", "timeout": 180, "smoke": "Hello"},
    "local": {"runtime": "process", "port": 8081, "memory": "1Gi"},
    "aws": {
        "service": "ecs-express",
        "infrastructure_role_arn": "arn:aws:iam::123456789012:role/infra",
        "execution_role_arn": "arn:aws:iam::123456789012:role/service-role/exec",
        "instance_role_arn": "arn:aws-us-gov:iam::123456789012:role/task",
        "vpc_connector_arn": "arn:aws:apprunner:us-east-1:123456789012:vpcconnector/mine/1/0123abcd",
    },
    "gcp": {
        "public": True,
        "service_account": "agent@my-project.iam.gserviceaccount.com",
        "timeout": 300,
        "traffic": {"rev-1": 10, "rev-2": 90},
    },
    "azure": {
        "identity": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/identities/i",
        "ingress_external": True,
        "create_environment": True,
        "traffic": {"rev-1": 100},
    },
    "environments": {
        "staging": {"deployment": {"port": 9000}, "image": {"keep": 1}, "aws": {"service": "app-runner"}}
    },
}


def refused(data):
    with pytest.raises(ValidationError) as caught:
        Overlay.model_validate(data)
    return {".".join(map(str, error["loc"])): error["msg"] for error in caught.value.errors()}


def test_everything_the_contract_names_is_taken():
    overlay = Overlay.model_validate(EVERYTHING)
    assert overlay.local.memory_bytes == 1024**3
    assert overlay.environments["staging"].deployment == {"port": 9000}
    assert overlay.aws.service == "ecs-express"
    jsonschema.Draft202012Validator(overlay_schema()).validate(EVERYTHING)


def test_everything_is_optional():
    overlay = Overlay.model_validate({})
    assert (overlay.target, overlay.image.builder, overlay.image.keep) == (None, "auto", 5)
    assert (overlay.health.timeout, overlay.health.ready, overlay.health.path) == (180, "/ready", None)
    assert (overlay.local.runtime, overlay.aws.service, overlay.azure.ingress_external) == (
        "auto",
        "app-runner",
        None,
    )


@pytest.mark.parametrize(
    ("data", "path", "says"),
    [
        ({"taget": "local"}, "taget", "did you mean `target`?"),
        ({"deployment": {}}, "deployment", "environments.NAME"),
        ({"target": "locale"}, "target", "did you mean `local`?"),
        ({"image": {"builder": "dokcer"}}, "image.builder", "did you mean `docker`?"),
        ({"image": {"base": "https://ghcr.io/x"}}, "image.base", "write ghcr.io/x"),
        ({"image": {"keep": 0}}, "image.keep", "at least 1"),
        ({"secrets": {"A": {}}}, "secrets.A.env", "exactly one"),
        ({"secrets": {"A": {"env": "A", "ref": "x"}}}, "secrets.A.env", "exactly one"),
        ({"secrets": {"A": {"env": "${A}"}}}, "secrets.A.env", "write A"),
        ({"secrets": {"A-B": {"env": "A"}}}, "secrets.A-B", "write A_B"),
        ({"secrets": {"A": "text"}}, "secrets.A", "block of keys"),
        ({"health": {"timeout": 0}}, "health.timeout", "more than 0"),
        ({"health": {"path": "health"}}, "health.path", "write /health"),
        ({"local": {"memory": "1GB"}}, "local.memory", "Mi or Gi"),
        ({"local": {"port": 70000}}, "local.port", "at most 65535"),
        ({"aws": {"vpc_connector_arn": "arn:aws:iam::1:x"}}, "aws.vpc_connector_arn", "vpcconnector"),
        ({"aws": {"instance_role_arn": "role"}}, "aws.instance_role_arn", "role's ARN"),
        ({"gcp": {"traffic": {"a": 50}}}, "gcp.traffic", "100 together"),
        ({"azure": {"traffic": {"a": 101}}}, "azure.traffic.a", "at most 100"),
        ({"azure": {"identity": "me"}}, "azure.identity", "system or a resource id"),
        ({"gcp": {"service_account": "me"}}, "gcp.service_account", "e-mail"),
        ({"environments": {"a b": {}}}, "environments.a b", "up to 32 letters"),
        ({"environments": {"x": {"environments": {}}}}, "environments.x.environments", "unknown key"),
    ],
)
def test_what_is_refused_and_what_is_said(data, path, says):
    assert says in refused(data)[path]
