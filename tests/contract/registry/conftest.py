"""The folder's own modules are importable, as its tests share an imitation of vendors."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
