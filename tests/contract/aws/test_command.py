"""The whole command against AWS on this machine, beyond the scenario."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.contract.aws.commands import result, run, started
from tests.contract.aws.server import AwsServer
from tests.contract.aws.targets import AppRunnerTarget
from tests.contract.aws.world import REGION, Rule

pytestmark = [pytest.mark.contract, pytest.mark.slow]

REPOSITORY = Path(__file__).parents[3]


def test_create_makes_the_repository_in_ecr(app_runner: AppRunnerTarget, aws: AwsServer) -> None:
    app_runner.write("one")
    done = run(app_runner, "deploy", "--create")
    assert done.returncode == 0, done.stderr
    (found,) = aws.client("ecr").describe_repositories()["repositories"]
    assert found["repositoryName"] == "agents/scenario"


def test_doctor_names_what_is_missing(app_runner: AppRunnerTarget) -> None:
    app_runner.write("one")
    done = run(app_runner, "doctor", "--output", "json")
    assert done.returncode == 4, done.stderr
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["aws identity"]["status"] == "ok"
    assert checks["aws ecr_role_arn"]["status"] == "fail"
    assert all(check["remedy"] for check in checks.values() if check["status"] in {"fail", "warn"})


def test_a_refused_registry_builds_nothing(app_runner: AppRunnerTarget, aws: AwsServer) -> None:
    app_runner.write("one")
    text = (app_runner.folder / "agent.yaml").read_text()
    (app_runner.folder / "agent.yaml").write_text(
        text.replace("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ghcr.io")
    )
    done = run(app_runner, "deploy", "--output", "json")
    assert done.returncode == 2
    assert result(done)["error"]["code"] == "registry-unpullable"
    assert '"step": "build"' not in done.stdout
    assert aws.world.calls == []


def test_a_broken_region_spoils_no_other_scope(app_runner: AppRunnerTarget, aws: AwsServer) -> None:
    app_runner.write("one")
    assert run(app_runner, "deploy").returncode == 0
    aws.world.rules.append(Rule("error", code="ExpiredToken", message="expired", status=403, times=99))
    done = run(app_runner, "list", "--scope", f"aws:{REGION}", "--scope", "local", "--output", "json")
    assert done.returncode == 0, done.stderr
    (error,) = json.loads(done.stdout)["errors"]
    assert error["scope"] == f"aws:{REGION}"
    assert "aws sso login" in error["remedy"]


def test_a_run_on_aws_imports_no_other_clouds_sdk(app_runner: AppRunnerTarget) -> None:
    app_runner.write("one")
    script = (
        "import sys; from holodeck_tui.cli import run; run(sys.argv[1:]);"
        "print(sorted({n.split('.')[0] for n in sys.modules} & {'google', 'azure', 'botocore', 'textual', 'docker'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "status"],
        cwd=app_runner.folder,
        env=app_runner.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "['botocore']"


def until_asked(aws: AwsServer, more_than: int = 0, operation: str = "ListOperations") -> None:
    """Until somebody looks at what is under way."""
    deadline = time.monotonic() + 60
    while aws.world.count(operation) <= more_than:
        assert time.monotonic() < deadline, aws.world.calls
        time.sleep(0.05)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_run_that_was_killed_is_gone_on_with(app_runner: AppRunnerTarget, aws: AwsServer) -> None:
    """Killed while App Runner creates: the next run waits for that very operation and starts no other."""
    app_runner.write("one")
    with aws.holding():
        killed = started(app_runner, "deploy")
        until_asked(aws)
        killed.kill()
        killed.communicate(timeout=10)
        asked = aws.world.count("ListOperations")
        again = started(app_runner, "deploy", "--output", "json")
        until_asked(aws, asked)
        # Its answer said so: what is asked next waits for it.
        until_asked(aws, aws.world.count("DescribeService"), "DescribeService")
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert aws.world.count("CreateService") == 1
    assert aws.world.count("UpdateService") == 0
    assert "CREATE_SERVICE since" in out


def test_an_interrupt_says_what_goes_on(app_runner: AppRunnerTarget, aws: AwsServer) -> None:
    app_runner.write("one")
    with aws.holding():
        asked = started(app_runner, "deploy", "--output", "json")
        until_asked(aws)
        asked.send_signal(signal.SIGINT)
        out, err = asked.communicate(timeout=30)
    assert asked.returncode == 130
    assert "App Runner goes on to create" in err
    assert json.loads(out.splitlines()[-1])["exit_code"] == 130


def test_the_server_is_a_command_of_its_own(app_runner: AppRunnerTarget) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contract.aws", "--seconds", "0.1"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        settings = {}
        for line in process.stdout:
            if line.startswith("#"):
                break
            name, _, value = line.removeprefix("export ").strip().partition("=")
            settings[name] = value
        done = run(app_runner, "list", "--scope", f"aws:{REGION}", "--output", "json", **settings)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"deployments": [], "errors": []}
    finally:
        process.terminate()
        process.wait(60)
