"""The container asks itself whether it is well: exit 0 only when the body says so, not the status alone.

This file is copied into every agent's image and run there by the base's own Python, as
``python3 healthcheck.py PATH``. So it imports nothing but the standard library.
"""

import json
import os
import sys
import urllib.request


def main(path: str, port: str) -> int:
    """0 when ``path`` on this container's ``port`` answers 2xx and its body says it is well, else 1.

    A body without a ``status`` is judged by the answer alone: a path of the user's own may be plain.
    """
    # No proxy: the variables of the container would send a request to itself elsewhere.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=8) as answer:
            body = answer.read(1 << 20)
    except OSError as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 1
    try:
        status = json.loads(body).get("status", "healthy")
    except (ValueError, AttributeError):
        status = "healthy"
    if status != "healthy":
        sys.stderr.write(f"{path}: status is {str(status)[:100]!r}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], os.environ.get("HOLODECK_PORT", "8080")))
