"""The Dockerfile of an agent's image. Whatever a name or value holds, it stays inside its quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from holodeck_tui.core.redact import sanitize
from holodeck_tui.image.assets import script
from holodeck_tui.image.plan import ImagePlan

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE = "Dockerfile.j2"
# Extras by PEP 685, normalised or not.
_EXTRA = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
# A Dockerfile's line may have 65535 bytes (moby's parser), and the labels share one.
_LONGEST = 4096


def one_line(text: str) -> str:
    """``text`` as a label or variable can hold it: no line break, no control character, not endless."""
    return sanitize(text)[:_LONGEST]


def quoted(text: str) -> str:
    """``text`` in double quotes for LABEL, ENV and ARG: nothing in it ends the quotes or is expanded.

    docs.docker.com/reference/dockerfile: inside double quotes a backslash escapes ``"``, ``$`` and
    itself. Line breaks and control characters, which cannot be quoted, are taken out.
    """
    inner = re.sub(r'(["\\$])', r"\\\1", one_line(str(text)))
    return f'"{inner}"'


def exec_form(words: Sequence[str]) -> str:
    """``words`` as the JSON list of CMD and ENTRYPOINT; ASCII, so without any line break."""
    return json.dumps(list(words))


def extras_list(names: Iterable[str]) -> str:
    """Names of extras joined by commas. Raises ValueError for what is no such name: it goes into a shell."""
    joined = list(names)
    for name in joined:
        if not _EXTRA.fullmatch(name):
            raise ValueError(f"not the name of an extra: {name!r}")
    return ",".join(joined)


def render(plan: ImagePlan) -> str:
    """The Dockerfile of ``plan``; its context holds one ``<layer>.tar`` for each layer beside it."""
    labels = {**plan.labels, **plan.volatile}
    return _template().render(plan=plan, config=plan.config, health=plan.config.healthcheck, labels=labels)


def template_source() -> bytes:
    """The template itself, as a part of what decides whether two images are the same."""
    return script(TEMPLATE)


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    # Not HTML: the filters quote for a Dockerfile, and a name that is missing must not render as nothing.
    environment = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True)  # noqa: S701
    environment.filters.update(quoted=quoted, exec=exec_form, extras=extras_list)
    return environment.from_string(template_source().decode())
