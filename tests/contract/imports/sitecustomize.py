"""Notes at the end of a process which vendors' packages it imported; put before everything by PYTHONPATH."""

import atexit
import os
import sys

PACKAGES = ("boto3", "botocore", "google.cloud", "google.auth", "grpc", "azure", "textual", "holodeck")


def _note() -> None:
    place = os.environ.get("NOTED_IMPORTS")
    if place:
        with open(place, "w") as file:
            file.write("\n".join(name for name in PACKAGES if name in sys.modules))


atexit.register(_note)
