"""From settings to a layers builder: which registries, with which logins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from holodeck_tui.core.context import Context
from holodeck_tui.core.values import Step
from holodeck_tui.image.blob_cache import BlobCache
from holodeck_tui.image.credentials import CredentialSource, base_credential, target_credential
from holodeck_tui.image.layers import LayersBuilder
from holodeck_tui.image.reference import parse_reference
from holodeck_tui.image.registry import Registry
from holodeck_tui.image.registry_auth import SHARED, TokenCache

if TYPE_CHECKING:
    import httpx

    from holodeck_tui.config.resolve import Settings


def open_layers(
    settings: Settings,
    ctx: Context,
    *,
    step: Step = "build",
    sources: Sequence[CredentialSource] = (),
    store: BlobCache | None = None,
    tokens: TokenCache = SHARED,
    transport: httpx.BaseTransport | None = None,
) -> LayersBuilder:
    """A builder for the agent's base and registry; to be used with ``with``. Sends nothing yet.

    ``sources`` are clouds that can log in to their own registries. ``transport`` is httpx's, for counting.
    """
    kept = store or BlobCache.of_user()
    base_image = parse_reference(settings.image_base)
    registry = settings.registry

    def client(host: str, *, of_base: bool) -> Registry:
        find = base_credential if of_base else target_credential
        credential = find(host, settings, ctx, sources=sources)
        return Registry(host, credential, ctx, step=step, tokens=tokens, store=kept, transport=transport)

    if registry is None:
        return LayersBuilder(client(base_image.host, of_base=True), None, ctx, kept, step=step)
    destination = parse_reference(f"{registry.image_name}:x")
    target = client(destination.host, of_base=False)
    target.want(destination.repository, "pull", "push")
    base = target if destination.host == base_image.host else client(base_image.host, of_base=True)
    base.want(base_image.repository, "pull")
    return LayersBuilder(base, target, ctx, kept, step=step)
