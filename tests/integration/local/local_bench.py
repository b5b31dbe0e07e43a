"""An agent folder and a deployer over it, as a run of the command line has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holodeck_tui.bundle.collect import collect
from holodeck_tui.config.resolve import load_settings
from holodeck_tui.core.context import Context
from holodeck_tui.core.events import Event
from holodeck_tui.core.values import Deployment, ImageRef, ServiceRef
from holodeck_tui.deployers.base import ServiceSpec
from holodeck_tui.deployers.local import LocalDeployer
from holodeck_tui.pipeline.service import make_spec
from tests.ports import free_port

STANDIN = Path(__file__).with_name("standin.py")
BASE = "debian-py:test"


@dataclass
class Bench:
    """An agent folder, and a deployer with a state folder of its own."""

    folder: Path
    runtime: str
    root: Path
    name: str
    image: ImageRef | None = None
    environ: dict[str, str] = field(default_factory=dict)
    # The usual one is taken by whoever else deploys as soon as it is free for a moment.
    port: int = field(default_factory=free_port)
    events: list[Event] = field(default_factory=list)

    def write(self, *, variables: dict[str, str] | None = None, text: str = "one", **local: Any) -> None:
        """agent.yaml and deploy.yaml; ``text`` changes what ships. Without a ``port`` (None) one is chosen."""
        local = {"port": self.port, **local}
        variables = {"STANDIN": "healthy", "STANDIN_NAME": text, **(variables or {})}
        lines = [f"name: {self.name}", "model: {provider: ollama, name: llama3.2}"]
        lines += ["instructions:", f"  inline: {text}", "deployment:", "  environment:"]
        lines += [f'    {key}: "{value}"' for key, value in variables.items()]
        (self.folder / "agent.yaml").write_text("\n".join(lines) + "\n")
        timeout = local.pop("timeout", 30)
        overlay = [f"health: {{timeout: {timeout}}}", "local:", f"  runtime: {self.runtime}"]
        overlay += [f"  {key}: {value}" for key, value in local.items() if value is not None]
        (self.folder / "deploy.yaml").write_text("\n".join(overlay) + "\n")

    def context(self) -> Context:
        return Context(emit=self.events.append, environ=self.environ)

    def deployer(self) -> LocalDeployer:
        """A new one, as every run of the command line has."""
        return LocalDeployer(self.root)

    def settings(self) -> Any:
        return load_settings(
            self.folder / "agent.yaml",
            target="local",
            environ=self.environ,
            cwd=self.folder,
            home=self.root / "nobody",
        )

    def spec(self, ctx: Context | None = None, image: ImageRef | None = None) -> ServiceSpec:
        settings = self.settings()
        bundle = collect(settings, ctx or self.context())
        return make_spec(settings, bundle, image or self.image, self.deployer())

    def deploy(self, ctx: Context | None = None, image: ImageRef | None = None) -> Deployment:
        ctx = ctx or self.context()
        return self.deployer().deploy(self.spec(ctx, image), ctx)

    def ref(self) -> ServiceRef:
        found = self.deployer().find(self.settings(), self.context())
        assert found is not None
        return found

    def state(self) -> str | None:
        return self.deployer().get_status(self.ref(), self.context()).state

    def destroy(self) -> Any:
        found = self.deployer().find(self.settings(), self.context())
        return found and self.deployer().destroy(found, self.context())


def build(client: Any, tag: str, labels: dict[str, str]) -> ImageRef:
    """Build the stand-in under ``tag``."""
    import io
    import tarfile

    lines = [f"FROM {BASE}", "COPY standin.py /standin.py", 'LABEL test.local="standin"']
    lines += [f'LABEL {key}="{value}"' for key, value in labels.items()]
    lines.append('ENTRYPOINT ["python3", "-u", "/standin.py"]')
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in (("Dockerfile", "\n".join(lines).encode()), ("standin.py", STANDIN.read_bytes())):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
    image, _ = client.images.build(
        fileobj=io.BytesIO(buffer.getvalue()), custom_context=True, tag=tag, rm=True
    )
    return ImageRef(tag, str(image.id))
