"""What a deploy must know of an agent. Lenient: what only serving needs is not looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from holodeck_tui.models.base import Flaw, Model, flaw

ModelProvider = Literal["openai", "azure_openai", "anthropic", "ollama"]
AuthProvider = Literal["api_key", "oauth_token", "bedrock", "vertex", "foundry", "custom"]

AGENT_KEYS = (
    "name", "description", "author", "model", "instructions", "response_format", "tools", "evaluations",
    "test_cases", "test_cases_file", "execution", "observability", "deployment", "embedding_provider",
    "claude", "openai",
)  # fmt: skip
"""The keys of agent.yaml that holodeck-ai 0.7.1 knows; it refuses a file with any other."""

# Optional dependency groups of holodeck-ai 0.7.1 by vector store and by the scheme of a source.
_STORE_EXTRAS = {
    "chromadb": "chromadb", "qdrant": "qdrant", "pinecone": "pinecone", "postgres": "postgres",
    "postgresql": "postgres",
}  # fmt: skip
_SOURCE_EXTRAS = {"az": "azure-blob", "s3": "s3"}
_MODEL_EXTRAS = {"openai": "openai-agents", "azure_openai": "openai-agents", "anthropic": "claude-otel"}
_EXPORTER_EXTRAS = {"prometheus": "otel-prometheus", "azure_monitor": "otel-azmon"}
_NODE_COMMANDS = frozenset({"node", "npx", "yarn", "pnpm"})


class _Lenient(Model):
    model_config = ConfigDict(extra="ignore")


class AgentModel(_Lenient):
    """``model:``, with what config.yaml says of its provider merged in."""

    provider: ModelProvider = Field(description="openai, azure_openai, anthropic or ollama")
    name: str = Field(min_length=1, description="model name")
    endpoint: str | None = Field(default=None, description="API endpoint")
    api_key: str | None = Field(default=None, description="API key, as ${VAR}", repr=False)
    auth_provider: AuthProvider | None = Field(default=None, description="how anthropic is paid")

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """Azure needs to be told where."""
        if values.get("provider") == "azure_openai" and "endpoint" in values and not values["endpoint"]:
            text = "`endpoint` is required with provider azure_openai (here or in config.yaml)"
            yield Flaw("endpoint", text, text, "missing")


class Instructions(_Lenient):
    """``instructions:``: a file or the text itself."""

    file: str | None = Field(default=None, description="path of the instructions")
    inline: str | None = Field(default=None, description="the instructions themselves")

    @classmethod
    def rules(cls, values: Mapping[str, Any]) -> Iterator[Flaw]:
        """Exactly one of the two."""
        if {"file", "inline"} <= values.keys() and bool(values["file"]) == bool(values["inline"]):
            text = "write exactly one of file and inline"
            yield Flaw("file", text, text)


class Agent(_Lenient):
    """The agent, with config.yaml merged in as holodeck-ai does. Values keep their ``${VAR}``."""

    name: str = Field(description="name of the agent")
    description: str | None = Field(default=None, description="what it does")
    model: AgentModel = Field(description="the language model")
    instructions: Instructions = Field(description="the system prompt")
    tools: tuple[Mapping[str, Any], ...] = Field(default=(), description="its tools, as written")
    embedding_provider: Mapping[str, Any] | None = Field(default=None, description="model for embeddings")
    observability: Mapping[str, Any] | None = Field(default=None, description="traces, metrics, logs")
    response_format: Any = Field(default=None, description="schema of the answer, or its path")
    claude: Mapping[str, Any] | None = Field(default=None, description="settings of the Claude backend")

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        if not value.strip():
            raise flaw("name", "must not be empty")
        return value

    @field_validator("tools", mode="before")
    @classmethod
    def _no_tools(cls, value: Any) -> Any:
        return () if value is None else value


@dataclass(frozen=True)
class ProviderVariable:
    """A variable the model's provider asks for: any one of ``names`` will do."""

    names: tuple[str, ...]
    secret: bool

    @property
    def name(self) -> str:
        """The name to tell people."""
        return self.names[0]


def required_extras(agent: Agent) -> tuple[str, ...]:
    """The extras of holodeck-ai that the image needs, sorted."""
    extras = {_MODEL_EXTRAS.get(agent.model.provider)}
    for tool in agent.tools:
        if tool.get("type") not in ("vectorstore", "hierarchical_document"):
            continue
        extras.add(_STORE_EXTRAS.get(str(_provider_of(tool.get("database"))).lower()))
        scheme, separator, _ = str(tool.get("source", "")).partition("://")
        extras.add(_SOURCE_EXTRAS.get(scheme.lower()) if separator else None)
    observability = agent.observability or {}
    exporters = observability.get("exporters")
    if observability.get("enabled") and isinstance(exporters, Mapping):
        for name, extra in _EXPORTER_EXTRAS.items():
            exporter = exporters.get(name)
            if isinstance(exporter, Mapping) and exporter.get("enabled"):
                extras.add(extra)
    return tuple(sorted(extra for extra in extras if extra))


def needs_node(agent: Agent) -> bool:
    """Whether an MCP tool starts Node.js."""
    commands = (str(tool.get("command") or "") for tool in agent.tools if tool.get("type", "mcp") == "mcp")
    return any(command.rpartition("/")[2] in _NODE_COMMANDS for command in commands)


def provider_variables(agent: Agent) -> tuple[ProviderVariable, ...]:
    """The variables of the model's provider that holodeck-ai 0.7.1 itself looks up."""
    model = agent.model
    if model.provider == "openai":
        return () if model.api_key else (ProviderVariable(("OPENAI_API_KEY",), True),)
    if model.provider == "azure_openai":
        key = () if model.api_key else (ProviderVariable(("AZURE_OPENAI_API_KEY",), True),)
        where = () if model.endpoint else (ProviderVariable(("AZURE_OPENAI_ENDPOINT",), False),)
        return (*key, *where)
    # ollama runs on the Claude backend and asks for the same.
    return _CLAUDE[model.auth_provider or "api_key"]


_CLAUDE: dict[str, tuple[ProviderVariable, ...]] = {
    "api_key": (ProviderVariable(("ANTHROPIC_API_KEY",), True),),
    "oauth_token": (ProviderVariable(("CLAUDE_CODE_OAUTH_TOKEN",), True),),
    "bedrock": (ProviderVariable(("AWS_REGION", "AWS_DEFAULT_REGION"), False),),
    "vertex": (
        ProviderVariable(("CLOUD_ML_REGION",), False),
        ProviderVariable(
            (
                "ANTHROPIC_VERTEX_PROJECT_ID",
                "GCLOUD_PROJECT",
                "GOOGLE_CLOUD_PROJECT",
                "GOOGLE_APPLICATION_CREDENTIALS",
            ),
            False,
        ),
    ),
    "foundry": (ProviderVariable(("ANTHROPIC_FOUNDRY_RESOURCE", "ANTHROPIC_FOUNDRY_BASE_URL"), False),),
    "custom": (ProviderVariable(("ANTHROPIC_AUTH_TOKEN",), True),),
}


def _provider_of(block: Any) -> str | None:
    return block.get("provider") if isinstance(block, Mapping) else None
