"""The image without an engine: straight into its registry, or as an OCI layout in a folder."""

from __future__ import annotations

from datetime import datetime, timezone

from holodeck_tui.bundle.bundle import Bundle
from holodeck_tui.image.layers_session import open_layers
from holodeck_tui.image.planner import make_plan, repository
from holodeck_tui.pipeline.built import Done
from holodeck_tui.pipeline.job import Job, credential_sources, journalled
from holodeck_tui.pipeline.types import RunOptions
from holodeck_tui.state.values import BuildRecord


def build_engineless(job: Job, options: RunOptions, bundle: Bundle, tag: str) -> Done:
    """Build ``bundle`` on the base as its registry has it. An image that is there already is not sent."""
    settings, ctx = job.settings, job.ctx
    with open_layers(settings, ctx, sources=credential_sources(job)) as layers:
        if options.output_layout is None:
            layers.look_ahead(f"{repository(settings)}:{tag}")
        base = layers.resolve_base(settings.image_base, settings.platform)
        plan = make_plan(settings, bundle, base, tag=tag, environ=ctx.environ)
        if options.output_layout is not None:
            image = layers.write_layout(plan, options.output_layout)
            return Done(image, None, False, f"{options.output_layout} holds {plan.uri}")
        # Looks first whether the same image is there, and then sends nothing.
        with journalled(ctx, "build", image=plan.uri, into="registry"):
            image = layers.build(plan, no_cache=options.no_cache)
    known = job.records.get(job.key).build
    same = known is not None and (known.image, known.image_key) == (image, plan.key)
    record = BuildRecord(
        image=image,
        content_hash=bundle.content_hash,
        image_key=plan.key,
        builder="layers",
        base=base.reference,
        base_digest=base.digest,
        built_at=datetime.now(timezone.utc),
    )
    return Done(image, record, same, f"{plan.uri} is in the registry{' already' if same else ''}")
