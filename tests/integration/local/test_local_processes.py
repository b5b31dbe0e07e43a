"""What only processes have: an environment of their own, detachment, a holodeck command to find."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import httpx
import psutil
import pytest

from holodeck_tui.core.chat import chat
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import ServiceRef
from holodeck_tui.deployers.local_home import LocalHome
from holodeck_tui.deployers.local_names import service_name
from tests.integration.local.local_bench import Bench

pytestmark = pytest.mark.integration


def test_only_the_declared_environment_and_the_minimum(process_bench: Bench) -> None:
    bench = process_bench
    bench.environ.update(
        AWS_SECRET_ACCESS_KEY="canary-shell", MY_KEY="canary-declared", SSL_CERT_FILE="/ca.pem"
    )
    bench.write(variables={"DECLARED": "${MY_KEY}"})
    url = bench.deploy().url
    seen = httpx.get(f"{url}/env", timeout=5).json()
    assert seen["DECLARED"] == "canary-declared"
    assert seen["SSL_CERT_FILE"] == "/ca.pem"
    assert "canary-shell" not in str(seen)
    assert str(bench.root) in seen["HOME"]
    assert str(bench.root) in seen["TMPDIR"]
    known = {"PATH", "HOME", "TMPDIR", "LANG", "SSL_CERT_FILE", "PYTHONUNBUFFERED", "PYTHONUTF8", "DECLARED"}
    known |= {"STANDIN", "STANDIN_NAME", "PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"}
    assert {name for name in seen if not name.startswith(("HOLODECK_", "OTEL_"))} <= known
    for path in bench.root.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes()
    if os.name == "posix":
        folder = bench.root / "process" / bench.ref().name
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((bench.root / "fingerprint.key").stat().st_mode) == 0o600


def test_the_tree_is_the_bundle_alone(process_bench: Bench) -> None:
    (process_bench.folder / "left-out.txt").write_text("not named by anything")
    url = process_bench.deploy().url
    where = Path(httpx.get(f"{url}/health", timeout=5).json()["cwd"])
    assert where != process_bench.folder
    assert sorted(entry.name for entry in where.iterdir()) == ["agent.yaml"]


def test_destroy_ends_every_process(process_bench: Bench) -> None:
    process_bench.deploy()
    mark = str(process_bench.root)
    mine = [p for p in psutil.process_iter(["cmdline"]) if any(mark in a for a in p.info["cmdline"] or ())]
    assert len(mine) >= 3  # front, runner, agent
    folder = process_bench.root / "process" / process_bench.ref().name
    process_bench.destroy()
    assert [p for p in mine if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
    assert not folder.exists()


def test_nothing_outlives_the_folder_of_a_service(process_bench: Bench) -> None:
    """Who removes the state folder by hand gets the port back too."""
    process_bench.deploy()
    folder = process_bench.root / "process" / process_bench.ref().name
    left = [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in argument for argument in process.info["cmdline"] or ())
    ]
    assert len(left) == 3, "front, runner, agent"
    shutil.rmtree(folder)
    _, alive = psutil.wait_procs(left, timeout=60)
    assert alive == []


def test_a_killed_runner_is_no_running_service(process_bench: Bench) -> None:
    first = process_bench.deploy()
    folder = process_bench.root / "process" / process_bench.ref().name / "revisions"
    mark = str(folder)
    for process in psutil.process_iter(["cmdline"]):
        if any(mark in argument for argument in process.info["cmdline"] or ()):
            process.kill()
    status = process_bench.deployer().get_status(process_bench.ref(), process_bench.context())
    assert (status.state, status.detail) == ("failed", "it ended (its process was killed)")
    with pytest.raises(DeploymentError, match="cannot be started again"):
        process_bench.deployer().resume(process_bench.ref(), process_bench.context())
    again = process_bench.deploy()
    assert (again.url, again.revision, process_bench.state()) == (first.url, "r2", "healthy")


def test_without_holodeck_it_says_what_to_install(process_bench: Bench) -> None:
    process_bench.environ["PATH"] = "/nowhere"
    with pytest.raises(DeploymentError) as caught:
        process_bench.deployer().needs(process_bench.settings(), process_bench.context())
    assert caught.value.code == "holodeck-missing"
    assert caught.value.remedy == "pip install 'holodeck-deploy-tui[local]'"


def test_auto_without_an_engine_takes_the_process_and_says_so(process_bench: Bench) -> None:
    process_bench.runtime = "auto"
    process_bench.write()
    process_bench.environ["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    needs = process_bench.deployer().needs(process_bench.settings(), process_bench.context())
    assert not needs.image
    assert "No container engine answers" in needs.reason


def test_auto_starts_no_process_beside_a_container_whose_engine_is_away(process_bench: Bench) -> None:
    bench = process_bench
    bench.environ["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    name = service_name(bench.name, None)
    home = LocalHome(bench.root)
    home.remember(ServiceRef("local", name, name, "local", bench.name), 8000)
    bench.runtime = "auto"
    bench.write()
    with pytest.raises(DeploymentError) as caught:
        bench.deployer().needs(bench.settings(), bench.context())
    assert caught.value.code == "docker-unreachable"
    assert f"{name} is a container there" in caught.value.reason
    assert caught.value.remedy == "docker context use default; unset DOCKER_HOST DOCKER_CONTEXT"
    bench.runtime = "process"
    bench.write()
    assert not bench.deployer().needs(bench.settings(), bench.context()).image
    home.forget(name)


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["rest", "ag-ui"])
def test_the_real_holodeck_serves_and_tells_why_it_cannot_chat(
    process_bench: Bench, holodeck_bin: str, protocol: str
) -> None:
    bench = process_bench
    bench.environ["PATH"] = f"{Path(holodeck_bin).parent}{os.pathsep}{os.environ['PATH']}"
    bench.environ["OPENAI_API_KEY"] = "canary-not-a-key"
    (bench.folder / "agent.yaml").write_text(
        f"name: {bench.name}\nmodel: {{provider: openai, name: gpt-4o-mini}}\n"
        f"instructions: {{inline: You are a test.}}\ndeployment: {{protocol: {protocol}}}\n"
    )
    (bench.folder / "deploy.yaml").write_text("local: {runtime: process}\n")
    made = bench.deploy()
    assert bench.state() == "healthy"
    with pytest.raises(DeploymentError) as caught:
        chat(str(made.url), bench.name, "Hello", bench.context(), protocol=protocol, timeout=60)
    assert caught.value.code == "chat-failed"
    assert caught.value.reason
    assert "canary" not in caught.value.reason
