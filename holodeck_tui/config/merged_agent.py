"""The agent as holodeck-ai 0.7.1 sees it: agent.yaml with what the config files say of it merged in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holodeck_tui.config.layers import Layer, merge


def agent_data(agent: Mapping[str, Any], configs: list[Layer]) -> dict[str, Any]:
    """``configs``: the user's first, then the project's. Providers, vector stores and MCP servers merge in.

    As holodeck.config.loader.ConfigLoader.merge_configs does: what the agent says itself stays.
    """
    config = merge(configs).data
    data = dict(agent)
    model = data.get("model")
    providers = config.get("providers")
    if isinstance(model, Mapping) and isinstance(providers, Mapping):
        data["model"] = {**_provider(providers, model.get("provider")), **model}
    tools = data.get("tools")
    stores = config.get("vectorstores")
    if isinstance(tools, list) and isinstance(stores, Mapping):
        data["tools"] = [_with_store(tool, stores) for tool in tools]
    servers = config.get("mcp_servers")
    if isinstance(servers, list) and servers:
        own = data["tools"] if isinstance(data.get("tools"), list) else []
        names = {str(tool.get("name")) for tool in own if isinstance(tool, Mapping)}
        data["tools"] = [*own, *({"type": "mcp", **server} for server in _others(servers, names))]
    return data


def _provider(providers: Mapping[str, Any], name: object) -> Mapping[str, Any]:
    entry = providers.get(name) if isinstance(name, str) else None
    if entry is None:
        same = (
            item for item in providers.values() if isinstance(item, Mapping) and item.get("provider") == name
        )
        entry = next(same, None)
    return entry if isinstance(entry, Mapping) else {}


def _with_store(tool: Any, stores: Mapping[str, Any]) -> Any:
    if not isinstance(tool, Mapping) or tool.get("type") != "vectorstore":
        return tool
    database = tool.get("database")
    if not isinstance(database, str):
        return tool
    # An unknown name means memory there, with a warning.
    return {**tool, "database": stores.get(database)}


def _others(servers: list[Any], names: set[str]) -> list[Mapping[str, Any]]:
    return [
        server for server in servers if isinstance(server, Mapping) and str(server.get("name")) not in names
    ]


def structural(agent: Mapping[str, Any]) -> dict[str, Any]:
    """The few keys that decide something here; their ``${VAR}`` is resolved, all others stay text."""
    found = {name: agent[name] for name in ("name",) if name in agent}
    model = agent.get("model")
    if isinstance(model, Mapping):
        found["model"] = {name: model[name] for name in ("provider", "auth_provider") if name in model}
    return found
