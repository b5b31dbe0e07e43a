"""What of a remedy can be pasted into a shell or a file.

Every remedy is written in one of four forms, and a test holds all of them to it:

- a command: ``az login``
- a command and a remark, two spaces before it: ``az login  (or set AZURE_TENANT_ID)``
- a sentence, a colon, then a command, an address or lines of YAML, and a remark or none:
  ``In deploy.yaml: aws: {service: ecs-express}``
- a sentence that ends with a full stop: nothing of it can be pasted.
"""

from __future__ import annotations

import re

# A command may hold two spaces in a quoted path; only what is in parentheses up to the end is a remark.
_REMARK = re.compile(r"  \(.*\)$", re.DOTALL)


def pasteable(remedy: str) -> str:
    """The command, address or YAML of ``remedy``; empty where it is a sentence alone."""
    said = _REMARK.sub("", remedy.strip())
    if said.endswith("."):
        return ""
    if not said[:1].isupper():
        return said
    return said.partition(": ")[2].strip()
