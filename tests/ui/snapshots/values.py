"""What the pictures show: values of the engine's own types, as targets have been seen to answer."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.values import Change, Deployment, ImageRef, ServiceRef, State, Status
from holodeck_tui.pipeline.types import Plan, PlannedStep

NOW = datetime(2026, 11, 23, 10, 41, 7, tzinfo=timezone.utc)
LOCAL, AWS, GCP = "local", "aws:us-east-1", "gcp:my-project/us-central1"
AZURE = "azure:00000000-0000-0000-0000-000000009f3a/agents"

EXPIRED = DeploymentError(
    "credentials-expired",
    "The Azure login has expired.",
    reason="AADSTS70043: the refresh token has expired",
    remedy="az login",
)
UNREACHED = DeploymentError(
    "network",
    "AWS does not answer.",
    reason="apprunner.us-east-1.amazonaws.com: the name cannot be resolved",
    remedy="Look at the network, then run it again.",
)


def service(
    name: str, scope: str, state: State | None = "healthy", *, env: str | None = None, **more: object
) -> Status:
    """One deployment, two hours old unless it is said otherwise."""
    provider = scope.partition(":")[0]
    host = "127.0.0.1:8080" if provider == "local" else f"{name}.{provider}.example"
    scheme = "http" if provider == "local" else "https"
    given: dict[str, object] = {
        "url": f"{scheme}://{host}",
        "image_uri": f"registry.example/org/{name}:a1b2c3d",
        "revision": f"{name}-00007-abc",
        "created_at": NOW - timedelta(hours=2, minutes=5),
        "checked_at": NOW - timedelta(seconds=4),
    }
    ref = ServiceRef(provider, f"id/{name}", name, scope, name, env)
    return Status(ref, state, **{**given, **more})  # type: ignore[arg-type]


# One of every state.
FLEET = {
    LOCAL: (
        service("content-moderation", LOCAL, created_at=NOW - timedelta(minutes=12)),
        service("scratch", LOCAL, "missing", url=None, image_uri=None, revision=None, created_at=None),
    ),
    AWS: (
        service("invoice-reader", AWS, "stopped", env="prod", created_at=NOW - timedelta(days=3)),
        service("night-shift", AWS, None, env="prod", url=None, revision=None),
    ),
    GCP: (
        service("ticket-routing", GCP, env="prod"),
        service(
            "ticket-routing-next", GCP, "deploying", env="staging", created_at=NOW - timedelta(seconds=9)
        ),
        service("translator", GCP, "failed", env="staging", detail="the container exited with 1"),
    ),
    AZURE: (
        service(
            "legal-assistant",
            AZURE,
            "degraded",
            env="staging",
            detail="revision 4 not ready: HEALTH_CHECK_CONTAINER_ERROR; revision 3 keeps serving",
        ),
        service("support", AZURE, "unhealthy", env="prod", detail="/health answers 503"),
    ),
}

LONG = "a-very-long-agent-name-that-no-column-of-a-terminal-was-ever-made-for-" * 2
LONG_ONES = (
    service(LONG, GCP, env="an-environment-with-a-long-name", url=f"https://{LONG}.example/with/a/path"),
    service(
        "日本語の名前を持つ代理人はとても長い名前を持っている",
        AZURE,
        "degraded",
        env="本番環境のとても長い名前",
    ),
    service("short", LOCAL),
)

DIGEST = "sha256:" + "3f9a21c0" * 8
IMAGE = ImageRef("us-central1-docker.pkg.dev/my-project/agents/ticket-routing:a1b2c3d", DIGEST)
PLAN = Plan(
    "ticket-routing",
    "live",
    (
        PlannedStep("bundle", "run", "7 files, 41 kB"),
        PlannedStep("build", "run", "no image for this content yet"),
        PlannedStep("push", "run", "the registry has no such image"),
        PlannedStep("run", "run", "a new revision"),
        PlannedStep("verify", "run", "/health and /ready, at most 3 min"),
    ),
    (
        Change("image", "ticket-routing:9f8e7d6", "ticket-routing:a1b2c3d"),
        Change("memory", "512Mi", "1Gi"),
        Change("env.OPENAI_API_KEY", "***", "***"),
        Change("concurrency", None, 80),
    ),
    warnings=("min_instances is 0: the first request after a pause waits for a start",),
)
UP_TO_DATE = Plan(
    "ticket-routing",
    "record",
    (
        PlannedStep("bundle", "run", "7 files, 41 kB"),
        PlannedStep("build", "skip", "this content was built already"),
        PlannedStep("push", "skip", "the registry has it"),
        PlannedStep("run", "skip", "nothing differs"),
        PlannedStep("verify", "run", "/health and /ready, at most 3 min"),
    ),
)
REFUSED = DeploymentError(
    "config-invalid",
    "agent.yaml is not valid for gcp.",
    reason="2 CPU need at least 512Mi",
    remedy="Set deployment.target.gcp.memory to 512Mi or more.",
    details=("agent.yaml:46: deployment.target.gcp.memory: 256Mi is too little for 2 CPU",),
)
CRASHED = DeploymentError(
    "deploy-failed",
    "The new revision does not start.",
    reason="the container exited with 1; revision 7 keeps serving",
    remedy="holodeck-deploy-tui logs --target gcp --system",
    details=(
        "Traceback (most recent call last):",
        '  File "/app/tools/router.py", line 3, in <module>',
        "    import numpy",
        "ModuleNotFoundError: No module named 'numpy'",
    ),
)


def deployed(state: State = "healthy") -> Deployment:
    """What came of a run."""
    status = service("ticket-routing", GCP)
    return Deployment(status.ref, status.url, state, status.revision, IMAGE)
