"""The tag by which an equal image is found again, whatever tag it was first pushed under."""

from __future__ import annotations

import re

_PREFIX = "holodeck-"
# 128 bits: nobody meets a collision by accident, and the tag stays readable in a listing.
_DIGITS = 32
_PATTERN = re.compile(rf"{_PREFIX}[0-9a-f]{{{_DIGITS}}}")


def key_tag(key: str) -> str:
    """The tag for an image key (64 hex digits)."""
    return f"{_PREFIX}{key[:_DIGITS]}"


def is_key_tag(tag: str) -> bool:
    """Whether ``tag`` is one of these, and not for people."""
    return _PATTERN.fullmatch(tag) is not None
