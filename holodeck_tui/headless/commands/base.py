"""``base``: the base image from ``docker/``, for extras the published one has not."""

from __future__ import annotations

from holodeck_tui.headless.answer import Answer
from holodeck_tui.headless.session import Session
from holodeck_tui.headless.tables import facts


def base_command(session: Session) -> Answer:
    """The image's reference; with its digest once pushed."""
    from holodeck_tui.image.base_build import build_base

    extras = tuple(part.strip() for part in session.given["extras"].split(",") if part.strip())
    image = build_base(extras, session.given["push"], session.ctx)
    name = image.pinned if image.in_registry else image.uri
    return Answer(
        text=tuple(facts([("Image", image.uri), ("Digest" if image.in_registry else "ID", image.digest)])),
        quiet=(name,),
        data={"image": image.as_json()},
    )
