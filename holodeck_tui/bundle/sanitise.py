"""The copies of agent.yaml and config.yaml that ship: without what serving does not need.

``serve`` substitutes every ``${VAR}`` of the raw text, comments included, and a missing one is fatal;
and holodeck-ai refuses a ``deployment:`` in this project's spelling. So both go, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holodeck_tui.bundle.references import Key
from holodeck_tui.config.document import Document
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.models.base import REFERENCE

AGENT_DROPS = ("deployment", "evaluations", "test_cases", "test_cases_file")
CONFIG_DROPS = ("deployment",)


def sanitised(source: Document, drops: Sequence[str], rewrites: Mapping[Key, str]) -> bytes:
    """The bytes of ``source`` without the top-level keys ``drops`` and the comments that hold a ``${VAR}``.

    ``rewrites`` gives values another text: paths as they are spelled in the container. Every other byte
    stays, unless a dropped section holds an anchor that is used outside of it: then the text is written
    anew with the same meaning. Raises DeploymentError (edit-impossible) or YamlError.
    """
    document = Document.parse(source.bytes(), source.path)
    for key, text in rewrites.items():
        document.set(key, text)
    try:
        for name in drops:
            document.remove((name,))
    except DeploymentError:
        document = _written_anew(document, drops)
    document.remove_comments(REFERENCE)
    return document.bytes()


def _written_anew(document: Document, drops: Sequence[str]) -> Document:
    import io

    from ruamel.yaml import YAML

    # The round trip keeps each scalar's own spelling and moves an anchor to where it is used first.
    yaml = YAML(typ="rt")
    yaml.width = 1_000_000
    yaml.preserve_quotes = True
    data: Any = yaml.load(document.text)
    for name in drops:
        data.pop(name, None)
    out = io.StringIO()
    yaml.dump(data, out)
    anew = Document.parse(out.getvalue().encode("utf-8"))
    kept = {name: value for name, value in document.data.items() if name not in drops}
    if anew.data != kept:
        raise DeploymentError(
            "edit-impossible",
            "agent.yaml cannot be prepared for the container.",
            reason="what it shares by anchors with the sections that do not ship cannot be taken apart",
            remedy="Write the values behind the aliases out in full.",
        )
    return anew
