"""Every file an agent names, as holodeck-ai 0.7.1 reads it, with the place that names it.

Where a path is relative to: ``serve`` resolves most of them from agent.yaml's folder, and MCP
``env_file``, plain MCP arguments, ``working_directory`` and Claude's ``response_format`` from the
current folder; in the container both are /app.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

Key = tuple[str | int, ...]


class Kind(Enum):
    """What may stand behind a reference, and what comes with it."""

    FILE = "a file"
    PYTHON = "a Python file, with the modules of the agent it imports"
    DATA = "a file, a folder or a glob"
    ENV_FILE = "an environment file"
    FOLDER = "a folder"
    ARGUMENT = "an argument that may be a path"
    IF_THERE = "a file or folder that is used when it is there"


@dataclass(frozen=True)
class Reference:
    """``text`` as written at ``key``, a path into the YAML document."""

    key: Key
    text: str
    kind: Kind

    @property
    def dotted(self) -> str:
        """``tools[0].file``."""
        parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.key]
        return "".join(parts).lstrip(".")


def agent_references(data: Any) -> Iterator[Reference]:
    """What agent.yaml names and serving reads. Lenient: what has another form than 0.7.1's is skipped."""
    root = _mapping(data)
    yield from _text(_mapping(root.get("instructions")), "file", ("instructions",), Kind.FILE)
    yield from _text(root, "response_format", (), Kind.FILE)
    yield from _tools(root.get("tools"), ("tools",))
    claude = _mapping(root.get("claude"))
    for name, spec in _mapping(claude.get("agents")).items():
        yield from _text(_mapping(spec), "prompt_file", ("claude", "agents", str(name)), Kind.FILE)
    yield from _text(claude, "working_directory", ("claude",), Kind.FOLDER)
    settings = claude.get("setting_sources")
    if isinstance(settings, list) and {"project", "local", "all"} & {str(one) for one in settings}:
        for name in ("CLAUDE.md", ".claude"):
            yield Reference(("claude", "setting_sources"), name, Kind.IF_THERE)


def config_references(data: Any) -> Iterator[Reference]:
    """What the project's config.yaml names: its MCP servers are tools of every agent."""
    yield from _tools(_mapping(data).get("mcp_servers"), ("mcp_servers",), kind="mcp")


def _tools(tools: Any, at: Key, *, kind: str | None = None) -> Iterator[Reference]:
    for index, entry in enumerate(tools if isinstance(tools, list) else ()):
        tool, key = _mapping(entry), (*at, index)
        match kind or tool.get("type"):
            case "function":
                yield from _text(tool, "file", key, Kind.PYTHON)
            case "prompt":
                yield from _text(tool, "file", key, Kind.FILE)
            case "vectorstore" | "hierarchical_document":
                yield from _source(tool, key)
            case "mcp":
                yield from _text(tool, "env_file", key, Kind.ENV_FILE)
                arguments = tool.get("args")
                for number, text in enumerate(arguments if isinstance(arguments, list) else ()):
                    if isinstance(text, str):
                        yield Reference((*key, "args", number), text, Kind.ARGUMENT)
            case _:
                continue


def _source(tool: Mapping[str, Any], key: Key) -> Iterator[Reference]:
    source = tool.get("source")
    if not isinstance(source, str) or not source.strip():
        return
    scheme, separator, rest = source.partition("://")
    if not separator:
        yield Reference((*key, "source"), source, Kind.DATA)
    elif scheme.lower() == "file":
        # The one scheme that is local: serve cuts it off and goes on with the path.
        yield Reference((*key, "source"), rest, Kind.DATA)


def _text(data: Mapping[str, Any], name: str, at: Key, kind: Kind) -> Iterator[Reference]:
    text = data.get(name)
    if isinstance(text, str) and text.strip():
        yield Reference((*at, name), text, kind)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
