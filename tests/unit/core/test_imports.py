"""Threads that come to one library from several SDKs."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, threading
from holodeck_tui.core.imports import import_requests
assert "requests" not in sys.modules
together, failed = threading.Barrier(8), []

def one(ends):
    together.wait()
    try:
        import_requests()
        __import__(ends)
    except BaseException as error:
        failed.append(error)

ends = ["requests.exceptions", "requests.adapters", "requests.compat", "requests"] * 2
threads = [threading.Thread(target=one, args=(end,)) for end in ends]
[each.start() for each in threads]
[each.join() for each in threads]
assert not failed, failed
"""


def test_threads_that_import_requests_from_several_ends_do_not_wait_for_each_other() -> None:
    for _ in range(5):
        subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=60)
