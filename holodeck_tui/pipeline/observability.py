"""The agent's ``observability:`` section as the standard OpenTelemetry variables of its container.

holodeck-ai 0.7.1 reads the section itself; what it hands to the SDK by environment is what the SDK and
the libraries below it look up on their own: the sampler, resource attributes, the endpoint of spans
that others export. Header values and connection strings are left out: the shipped agent.yaml has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_PROTOCOLS = {"grpc": "grpc", "http": "http/protobuf"}


def observability_env(agent: str, section: Any) -> dict[str, str]:
    """``OTEL_*`` names and values; empty unless the section is enabled. Values may hold ``${VAR}``."""
    if not isinstance(section, Mapping) or section.get("enabled") is not True:
        return {}
    env = {"OTEL_SERVICE_NAME": str(section.get("service_name") or f"holodeck-{agent}")}
    attributes = section.get("resource_attributes")
    if isinstance(attributes, Mapping) and attributes:
        env["OTEL_RESOURCE_ATTRIBUTES"] = ",".join(
            f"{name}={quote(str(value), safe='${}')}" for name, value in attributes.items()
        )
    env.update(_sampler(section.get("traces")))
    env.update(_switches(section))
    exporters = section.get("exporters")
    otlp = exporters.get("otlp") if isinstance(exporters, Mapping) else None
    if isinstance(otlp, Mapping) and otlp.get("enabled", True) is True:
        env["OTEL_EXPORTER_OTLP_ENDPOINT"] = str(otlp.get("endpoint") or "http://localhost:4317")
        env["OTEL_EXPORTER_OTLP_PROTOCOL"] = _PROTOCOLS.get(str(otlp.get("protocol", "grpc")), "grpc")
    return env


def _sampler(traces: Any) -> dict[str, str]:
    rate = traces.get("sample_rate") if isinstance(traces, Mapping) else None
    if not isinstance(rate, (int, float)) or isinstance(rate, bool):
        return {}
    return {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": f"{rate:g}"}


def _switches(section: Mapping[str, Any]) -> dict[str, str]:
    """``none`` for each signal that the agent switches off."""
    return {
        f"OTEL_{signal.upper()}_EXPORTER": "none"
        for signal in ("traces", "metrics", "logs")
        if isinstance(section.get(signal), Mapping) and section[signal].get("enabled") is False
    }
