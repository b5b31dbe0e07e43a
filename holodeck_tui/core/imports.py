"""A library that several SDKs bring, imported by one thread at a time."""

from __future__ import annotations

import threading
from importlib import import_module

_GUARD = threading.Lock()


def import_requests() -> None:
    """Import ``requests`` as a whole, before an SDK that uses it is imported or opened.

    Scopes are asked in threads, and it goes round in circles within itself: two threads that come to it
    from two SDKs wait for each other, which Python ends with an error in one of them.
    """
    with _GUARD:
        import_module("requests")
