"""What the pictures show: an agent on this machine, and services in three clouds' contract servers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holodeck_tui.core.context import Context
from holodeck_tui.pipeline import api
from holodeck_tui.ui.backend import Backend
from holodeck_tui.ui.launch import Launch
from tests.contract.aws.server import AwsServer
from tests.contract.aws.support import Stage as AwsStage
from tests.contract.azure.server import AzureServer
from tests.contract.azure.support import Stage as AzureStage
from tests.contract.azure.world import GROUP, SUBSCRIPTION
from tests.contract.gcp.agents import PROJECT, REGION, Bench
from tests.contract.gcp.server import cloud
from tests.parts import need

SCOPES = ("local", f"gcp:{PROJECT}/{REGION}", f"azure:{SUBSCRIPTION}/{GROUP}", "aws:eu-west-1")
AGENT = """\
# Sorts what customers write into queues.
name: ticket-routing
model: {{provider: {provider}, name: {model}}}
instructions:
  inline: |
    Read the ticket and name the queue that should answer it.
    {text}
deployment:
  registry:
    url: us-central1-docker.pkg.dev/test-project   # ours
    repository: agents/ticket-routing
  target:
    provider: gcp
    gcp: {{project_id: test-project, region: us-central1, memory: 1Gi, cpu: 1}}
"""
OVERLAY = """\
target: local
local: {runtime: process}
health: {timeout: 120}
environments:
  staging: {deployment: {port: 8090}}
"""


@dataclass
class Demo:
    """The folder of the agent, and the shell that the app is started from."""

    folder: Path
    environ: dict[str, str]

    def write(self, text: str, *, well: bool = True) -> None:
        """The agent's next version; without its key the real holodeck does not start one of Anthropic's."""
        provider, model = ("openai", "gpt-4o") if well else ("anthropic", "claude-sonnet-4-5")
        agent = AGENT.format(text=text, provider=provider, model=model)
        (self.folder / "agent.yaml").write_text(agent)
        (self.folder / "deploy.yaml").write_text(OVERLAY)

    def deploy(self, text: str) -> None:
        """A version to go back to."""
        self.write(text)
        ctx = Context(environ=self.environ)
        done = api.run(Backend(self.launch()).settings(target="local"), api.DEPLOY, api.RunOptions(), ctx)
        assert done.ok, done.error

    def launch(self, *scopes: str) -> Launch:
        """A start of the app."""
        home = Path(self.environ["HOME"])
        return Launch(self.folder / "agent.yaml", self.folder, home, self.environ, scopes=scopes)


@contextlib.contextmanager
def demo() -> Iterator[Demo]:
    """Servers with something deployed to them, and an agent that is not deployed yet."""
    # A name that would be the same on any machine: it can be seen in the pictures.
    root = Path(tempfile.gettempdir()) / "holodeck-demo"
    shutil.rmtree(root, ignore_errors=True)
    folder, home = root / "ticket-routing", root / "home"
    for each in (folder, home, root / "bin"):
        each.mkdir(parents=True)
    _link_holodeck(root)
    amazon, azure = AwsServer(), AzureServer()
    kept = dict(os.environ)
    try:
        with cloud() as google:
            servers = {**google.environ, **amazon.environ, **azure.environ}
            environ = {
                "PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(home),
                "USERPROFILE": str(home),
                "LANG": "C.UTF-8",
                "TERM": "xterm-256color",
                "DOCKER_HOST": f"unix://{root}/no-engine.sock",
                "PYTHONPATH": os.pathsep.join(sys.path),
                "OPENAI_API_KEY": "none-at-all",
                **servers,
            }
            # The vendors' SDKs read this process's environment, as in a shell.
            os.environ.update(environ)
            amazon.reset()
            _ready(amazon)
            _fill(root, AwsStage(amazon, root / "aws", "legal-assistant"), azure, google.environ)
            made = Demo(folder, environ)
            made.write("Be brief.")
            yield made
            _remove(made)
    finally:
        amazon.close()
        azure.close()
        os.environ.clear()
        os.environ.update(kept)
        shutil.rmtree(root, ignore_errors=True)


def _link_holodeck(root: Path) -> None:
    """The real one, by a name that is the same on any machine: a traceback shows where Python found it."""
    (root / "holodeck").symlink_to(Path(need("HOLODECK_TEST_BIN")).parents[1])
    (root / "bin" / "holodeck").write_text(
        f'#!/bin/sh\nexec {root}/holodeck/bin/python {root}/holodeck/bin/holodeck "$@"\n'
    )
    (root / "bin" / "holodeck").chmod(0o755)
    # Whose version is looked up beside its command.
    (root / "lib").symlink_to(root / "holodeck" / "lib")


def _ready(amazon: AwsServer) -> None:
    """What set-up finds in an account that is used."""
    for name in ("agents/legal-assistant", "agents/ticket-routing"):
        amazon.client("ecr").create_repository(repositoryName=name)
    trust = {"Effect": "Allow", "Principal": {"Service": "build.apprunner.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
    amazon.client("iam").create_role(
        RoleName="AppRunnerPullsImages", AssumeRolePolicyDocument=json.dumps(document)
    )


def _fill(root: Path, aws: AwsStage, azure: AzureServer, google: dict[str, str]) -> None:
    bench = Bench(root / "gcp", {**google, "OPENAI_API_KEY": "sk-dummy-dummy"})
    for name in ("content-moderation", "financial-assistant"):
        bench.write(name=name)
        bench.deploy()
    aws.deployer.deploy(aws.spec, aws.ctx)
    for name in ("customer-support", "onboarding"):
        AzureStage(azure, root / "azure", name).deploy()
    paused = AzureStage(azure, root / "azure", "onboarding")
    paused.deployer.pause(paused.find(), paused.ctx)


def _remove(made: Demo) -> None:
    made.write("Be brief.")
    api.destroy(Backend(made.launch()).settings(target="local"), Context(environ=made.environ))
