"""An agent whose every way of taking a secret holds a canary, and the real command over it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.integration.canary.scanner import Scanner

_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "DOCKER_HOST")


@dataclass
class Cage:
    """Canaries, where they were put, and everything the command said."""

    root: Path
    canaries: dict[str, str]
    environ: dict[str, str]
    agent: str
    said: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.root / "agent"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def planted(self) -> list[Path]:
        """The user's own files: there the canaries belong."""
        return [self.folder / ".env", self.home / ".holodeck" / ".env"]

    @property
    def scanner(self) -> Scanner:
        return Scanner(self.canaries)

    def write(
        self, *, mode: str = "tell", deployment: str = "", overlay: str = "", text: str = "one"
    ) -> None:
        """The agent: each variable in another place, in a comment too."""
        (self.folder / "agent.yaml").write_text(
            f"name: {self.agent}\n"
            "# an old one: ${IN_COMMENT}\n"
            "model: {provider: ollama, name: llama3.2}\n"
            f"instructions: {{inline: Say {text}.}}\n"
            "tools:\n"
            "  - type: mcp\n"
            "    name: weather\n"
            "    description: Weather\n"
            "    transport: http\n"
            "    url: https://weather.example.com/mcp\n"
            "    headers: {Authorization: 'Bearer ${WEATHER_STATION}'}\n"
            "deployment:\n"
            f"{deployment}"
            "  environment:\n"
            f"    STANDIN: {mode}\n"
            f"    STANDIN_NAME: {text}\n"
            "    STANDIN_SECRET: ${DOT_PLAIN}\n"
            "    DATABASE_URL: postgres://user:${DB_WORD}@db.example.com/x\n"
        )
        (self.folder / "deploy.yaml").write_text(
            f"health: {{timeout: 30}}\nsecrets:\n  HOME_SECRET: {{env: HOME_SECRET}}\n{overlay}"
        )

    def call(self, *words: str, code: int | None = 0, **environ: str) -> str:
        """Run the command; all it said, which is kept."""
        done = subprocess.run(
            [sys.executable, "-m", "holodeck_tui", *words],
            cwd=self.folder,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        told = done.stdout + done.stderr
        self.said[f"{len(self.said)} {' '.join(words)} {json.dumps(environ) if environ else ''}"] = told
        assert code is None or done.returncode == code, told
        return told

    def found(self) -> list[str]:
        """Every canary in what was said and in every file that is left."""
        hits = [hit for words, told in self.said.items() for hit in self.scanner.text(told, f"$ {words}")]
        return hits + self.scanner.tree(self.root, but=self.planted)


@pytest.fixture
def cage(tmp_path: Path) -> Cage:
    """Canaries in the shell, in both ``.env`` files, behind every ``${VAR}``, and a few that nobody names."""
    names = {
        "shell": ("ANTHROPIC_API_KEY", "WEATHER_STATION", "UNRELATED_TOKEN", "IN_COMMENT", "OTEL_PASSWORD"),
        ".env": ("DOT_PLAIN", "DB_WORD", "UNRELATED_DOT"),
        "home": ("HOME_SECRET", "UNRELATED_HOME"),
    }
    root = tmp_path / "cage"
    for folder in ("agent", "home/.holodeck", "tmp"):
        (root / folder).mkdir(parents=True)
    canaries = {name: f"canary-{uuid.uuid4().hex}" for where in names.values() for name in where}
    # Characters that quoting, JSON, YAML, URLs and shells each spell in their own way.
    canaries["DOT_PLAIN"] += "/+&%$x"
    canaries["WEATHER_STATION"] += "\"'\\é"
    (root / "agent" / ".env").write_text("".join(f"{one}='{canaries[one]}'\n" for one in names[".env"]))
    (root / "home" / ".holodeck" / ".env").write_text(
        "".join(f"{one}={canaries[one]}\n" for one in names["home"])
    )
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environ |= {name: canaries[name] for name in names["shell"]}
    environ |= {"HOME": str(root / "home"), "USERPROFILE": str(root / "home"), "TMPDIR": str(root / "tmp")}
    made = Cage(root, canaries, environ, f"caged-{uuid.uuid4().hex[:8]}")
    made.write()
    return made
