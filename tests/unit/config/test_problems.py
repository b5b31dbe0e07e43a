"""validate: everything at once, each with file, line, column and what to write."""

from __future__ import annotations

import dataclasses

import pytest

from tests.unit.config.support import AGENT, AWS, AZURE

pytestmark = pytest.mark.unit


def at(problem):
    return problem.file, problem.line, problem.column, problem.path


def test_a_good_agent_has_none(project):
    project.write("agent.yaml", AGENT + AWS)
    assert project.problems() == []


def test_everything_in_all_files_at_once_with_its_place(project):
    project.write(
        "agent.yaml",
        """\
        name: shop
        model: {provider: opnai, name: m}
        instructions: {inline: hi}
        deployment:
          prot: 8080
          protocol: both
          registry:
            url: https://ghcr.io
          target:
            provider: azure
            azure:
              subscription_id: mine
              resource_group: rg
              cpu: 0.5
              min_replicas: 20
          environment:
            1 BAD-KEY: x
        """,
    )
    project.write(
        "deploy.yaml",
        "image:\n  builder: dokcer\nenvironments:\n  prod:\n    deployment:\n      port: 99999\n",
    )
    project.write("config.yaml", "deployment:\n  platfrom: linux/amd64\n")
    found = project.errors()
    assert [at(problem) for problem in found] == [
        ("agent.yaml", 2, 19, "model.provider"),
        ("agent.yaml", 5, 3, "deployment.prot"),
        ("agent.yaml", 6, 13, "deployment.protocol"),
        ("agent.yaml", 7, 3, "deployment.registry.repository"),
        ("agent.yaml", 8, 10, "deployment.registry.url"),
        ("agent.yaml", 11, 5, "deployment.target.azure.memory"),
        ("agent.yaml", 12, 24, "deployment.target.azure.subscription_id"),
        ("agent.yaml", 15, 21, "deployment.target.azure.min_replicas"),
        ("agent.yaml", 17, 5, "deployment.environment.1 BAD-KEY"),
        ("deploy.yaml", 2, 12, "image.builder"),
        ("deploy.yaml", 6, 13, "environments.prod.deployment.port"),
        ("config.yaml", 2, 3, "deployment.platfrom"),
    ]
    text = "\n".join(problem.message for problem in found)
    for hint in (
        "`openai`",
        "`port`",
        "rest or ag-ui",
        "write ghcr.io",
        "memory: 1Gi",
        "`docker`",
        "`platform`",
    ):
        assert hint in text
    error = project.refused()
    assert error.code == "config-invalid"
    assert len(error.details) == 11  # all but the environment that was not asked for


def test_an_overridden_mistake_is_still_one(project):
    project.write("agent.yaml", AGENT + AWS + "  port: none\n")
    project.write("deploy.yaml", "environments: {prod: {deployment: {port: 80}}}\n")
    assert [at(problem) for problem in project.errors(environment="prod")] == [
        ("agent.yaml", 9, 9, "deployment.port")
    ]


def test_half_of_a_pair_in_each_file_is_no_mistake(project):
    project.write("agent.yaml", AGENT + AWS.replace("us-east-1", "us-east-1, cpu: 2"))
    project.write("config.yaml", "deployment: {target: {aws: {memory: 4096}}}\n")
    assert project.errors() == []


def test_a_section_that_only_environments_complete_is_whole(project):
    project.write("agent.yaml", AGENT + "deployment: {registry: {url: ghcr.io, repository: a/b}}\n")
    project.write(
        "deploy.yaml",
        """\
        environments:
          eu: {deployment: {target: {provider: aws, aws: {region: eu-west-1}}}}
          us: {deployment: {target: {provider: aws, aws: {region: us-east-1}}}}
        """,
    )
    assert project.errors() == []
    (project.root / "deploy.yaml").unlink()
    assert [problem.path for problem in project.errors()] == ["deployment.target"]


@pytest.mark.parametrize("name", ["agent.yaml", "deploy.yaml", "config.yaml"])
def test_yaml_errors_of_every_file_are_told_with_their_place(project, name):
    project.write(name, "name: shop\nmodel: {provider: ollama\ntools: []\n")
    found = project.errors()
    assert [problem.file for problem in found] == [name]
    assert found[0].line >= 2
    error = project.refused(target="local")
    assert error.code == "yaml-syntax"
    assert name in error.message


def test_several_broken_files_are_told_together_with_mistakes_in_the_rest(project):
    project.write("agent.yaml", "a: [\n")
    project.write("deploy.yaml", "b: {\n")
    project.write("config.yaml", "deployment: {prot: 1}\n")
    assert [problem.file for problem in project.errors()] == ["config.yaml", "agent.yaml", "deploy.yaml"]


def test_duplicate_keys_and_wrong_roots(project):
    project.write("agent.yaml", AGENT + "name: again\n")
    assert [problem.line for problem in project.errors()] == [4]
    project.write("agent.yaml", "- a\n")
    assert [problem.message for problem in project.errors()] == ["must be a block of keys and values"]
    project.write("agent.yaml", "")
    assert {problem.path for problem in project.errors()} == {"name", "model", "instructions"}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("deployment: []\n", "deployment"),
        ("deployment: {registry: ghcr.io}\n", "deployment.registry"),
        ("deployment: {environment: [A=b]}\n", "deployment.environment"),
        ("deployment: {target: aws}\n", "deployment.target"),
        ("deployment: {target: {provider: [aws]}}\n", "deployment.target.provider"),
        ("deployment: {registry: {url: 5}}\n", "deployment.registry.url"),
        ("deployment: {environment: {1: a}}\n", "deployment.environment.1"),
        ("deployment: {environment: {A: 2024-01-01}}\n", "deployment.environment.A"),
        ("deployment: {port: [1]}\n", "deployment.port"),
        ("deployment: {8080: port}\n", "deployment.8080"),
    ],
)
def test_values_of_the_wrong_kind(project, text, path):
    project.write("agent.yaml", AGENT + text)
    assert path in {problem.path for problem in project.errors()}


@pytest.mark.parametrize(
    "text",
    [
        "environments: []\n",
        "environments: {a: []}\n",
        "environments: {a: {deployment: 3}}\n",
        "secrets: [A]\n",
    ],
)
def test_a_deploy_yaml_of_the_wrong_kind(project, text):
    project.write("deploy.yaml", text)
    assert [problem.file for problem in project.errors()] == ["deploy.yaml"]


def test_empty_blocks_say_nothing(project):
    project.write("deploy.yaml", "target: local\naws:\nsecrets:\nenvironments:\n  a:\n  b: {gcp: }\n")
    assert project.problems() == []
    assert project.load(environment="b").target == "local"


def test_no_value_of_a_variable_is_ever_in_a_message(project):
    project.environ = {
        "URL": "https://canary-url",
        "CPU": "0.75",
        "N": "canary-n",
        "LOW": "777777",
        "KIND": "canary-kind",
    }
    project.write(
        "agent.yaml",
        AGENT
        + AZURE.replace("ghcr.io", '"${URL}"')
        + "      cpu: ${CPU}\n      min_replicas: ${LOW}\n  port: ${N}\n  protocol: ${KIND}\n",
    )
    project.write("deploy.yaml", 'image: {base: "${URL}", builder: "${KIND}"}\n')
    found = project.errors()
    assert {problem.path for problem in found} >= {
        "deployment.registry.url",
        "deployment.port",
        "deployment.protocol",
        "deployment.target.azure.memory",
        "image.base",
        "image.builder",
    }
    error = project.refused()
    text = repr(found) + str(error) + "\n".join(error.details)
    for value in ("canary", "0.75", "1.5Gi", "777777"):
        assert value not in text


def test_an_unset_structural_variable_is_named_and_hides_no_other_problem(project):
    project.write(
        "agent.yaml", AGENT + AWS.replace("us-east-1", '"${REGION}"').replace("ghcr.io", "'https://ghcr.io'")
    )
    by_path = {problem.path: problem for problem in project.errors()}
    assert set(by_path) == {"deployment.target.aws.region", "deployment.registry.url"}
    message = by_path["deployment.target.aws.region"].message
    assert message == "${REGION} is not set; export REGION, or add REGION=… to .env"
    softer = project.problems(missing="warning")
    assert {problem.severity for problem in softer if "REGION" in problem.message} == {"warning"}


def test_warnings_for_what_holodeck_refuses_and_we_take(project):
    project.write(
        "agent.yaml",
        AGENT
        + "deployment:\n  runtime: docker\n  registry: {url: ghcr.io, repository: a, tag_strategy: semver}\n"
        + "  target: {provider: aws, aws: {cpu: 1 vCPU, memory: 2 GB}}\n",
    )
    found = project.problems()
    assert {problem.severity for problem in found} == {"warning"}
    assert {problem.path.removeprefix("deployment.") for problem in found} == {
        "runtime",
        "registry.tag_strategy",
        "target.aws.region",
        "target.aws.cpu",
        "target.aws.memory",
    }
    assert all("holodeck-ai 0.7.1 refuses" in problem.message for problem in found)
    assert len(project.load().warnings) == 5


def test_keys_that_holodeck_does_not_know_and_a_config_file_that_is_not_read(project):
    project.write("agent.yaml", AGENT + "tols: []\n")
    project.write("config.yml", "provider: {}\n")
    project.write("config.yaml", "providers: {}\n")
    found = {problem.file: problem for problem in project.problems()}
    assert {problem.severity for problem in found.values()} == {"warning"}
    assert "`tools`" in found["agent.yaml"].message
    assert "`providers`" in found["config.yml"].message
    assert "config.yml stands beside it" in found["config.yaml"].message


def test_a_problem_as_json(project):
    project.write("agent.yaml", AGENT + "deployment: {prot: 1}\n")
    problem = next(one for one in project.errors() if one.path.endswith("prot"))
    assert problem.as_json() == dataclasses.asdict(problem)
    assert set(problem.as_json()) == {"file", "line", "column", "path", "message", "severity"}


def test_names_from_a_file_cannot_steer_the_terminal(project):
    project.write("agent.yaml", AGENT + 'deployment: {"\\e[31mred": 1}\n')
    assert all("\x1b" not in str(problem) for problem in project.problems())
