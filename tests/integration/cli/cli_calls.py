"""How one call of the real command ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ended:
    """How one call of the command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """stdout as one JSON document."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """stdout as NDJSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def result(self) -> dict[str, Any]:
        """The one ``result`` line, which is the last."""
        results = [line for line in self.lines if line["event"] == "result"]
        assert len(results) == 1
        assert self.lines[-1]["event"] == "result"
        return results[0]


Call = Callable[..., Ended]
