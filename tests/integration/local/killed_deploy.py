"""Deploys a bench's agent; run by a test that kills it in the middle."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from holodeck_tui.core.values import ImageRef
from tests.integration.local.local_bench import Bench

facts = json.loads(sys.argv[1])
image = ImageRef(*facts["image"]) if facts["image"] else None
bench = Bench(
    Path(facts["folder"]), facts["runtime"], Path(facts["root"]), facts["name"], image, dict(os.environ)
)
bench.deploy()
