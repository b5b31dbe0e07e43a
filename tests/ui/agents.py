"""An agent for the app's tests: the real holodeck-ai as a process of this machine, in folders of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from holodeck_tui.ui.app import HolodeckApp
from holodeck_tui.ui.launch import Launch

AGENT = "name: {name}\nmodel: {{provider: ollama, name: llama3}}\ninstructions: {{file: prompt.md}}\n"
OVERLAY = "target: local\nlocal: {{runtime: process}}\nhealth: {{timeout: {timeout}}}\n"


@dataclass
class AgentFolder:
    """One agent and the environment it is deployed from."""

    folder: Path
    home: Path
    holodeck: str = ""
    name: str = field(default_factory=lambda: f"greeter-{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        (self.folder / "prompt.md").write_text("Be kind.\n")
        self.agent.write_text(AGENT.format(name=self.name))
        self.write_overlay()

    @property
    def agent(self) -> Path:
        return self.folder / "agent.yaml"

    @property
    def overlay(self) -> Path:
        return self.folder / "deploy.yaml"

    @property
    def environ(self) -> dict[str, str]:
        beside = f"{Path(self.holodeck).parent}{os.pathsep}" if self.holodeck else ""
        return {
            "PATH": f"{beside}{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            # No engine: what others run in it, also the tests beside this one, is none of a test's business.
            "DOCKER_HOST": f"unix://{self.home}/no-engine.sock",
        }

    def write_overlay(self, timeout: float = 90, more: str = "") -> None:
        self.overlay.write_text(OVERLAY.format(timeout=timeout) + more)

    def app(self, **given: object) -> HolodeckApp:
        launch = Launch(
            agent=self.agent, cwd=self.folder, home=self.home, environ=self.environ, named=True, **given
        )
        return HolodeckApp(launch)

    def destroy(self) -> None:
        subprocess.run(
            [sys.executable, "-m", "holodeck_tui", "destroy", "--yes", "--target", "local"],
            cwd=self.folder,
            env={**self.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            capture_output=True,
            timeout=60,
            check=False,
        )
