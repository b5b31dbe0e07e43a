"""After a deployment is gone: its images in the registry, but for the newest and those others run."""

from __future__ import annotations

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.pipeline.job import Job, credential_sources


def clean_registry(job: Job) -> None:
    """Remove images of ours that were pushed from here, down to ``image.keep``. A fault is told only.

    What nobody here can date, and what another environment or target runs, stays.
    """
    record = job.records.get(job.key)
    settings, ctx = job.settings, job.ctx
    keep = settings.overlay.image.keep
    if settings.registry is None or len(record.pushes) <= keep:
        return
    from holodeck_tui.image.credentials import target_credential
    from holodeck_tui.image.reference import parse_reference
    from holodeck_tui.image.registry import Registry
    from holodeck_tui.image.retention import clean_up

    reference = parse_reference(f"{settings.registry.image_name}:x")
    others = [one.deployed for one in job.records.all().values() if one.deployed is not None]
    in_use = {one.image.digest for one in others if one.image is not None}
    try:
        credential = target_credential(reference.host, settings, ctx, sources=credential_sources(job))
        with Registry(reference.host, credential, ctx, step="push") as registry:
            done = clean_up(
                registry,
                reference.repository,
                settings.agent_name,
                ctx,
                pushed=dict(record.pushes),
                keep=keep,
                in_use=in_use,
            )
    except DeploymentError as error:
        if error.code == "interrupted":
            raise
        ctx.warn(f"Old images of it stay in {reference.host}: {error}.")
        return
    job.records.forget_pushes(job.key, {one.digest for one in done.removed})
    for image in done.removed:
        ctx.info(f"removed: the image {reference.name}@{image.digest}")
    if done.kept:
        ctx.info(f"stays: {len(done.kept)} images in {reference.name} (image.keep is {keep})")
