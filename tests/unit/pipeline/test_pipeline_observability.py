from __future__ import annotations

import pytest

from holodeck_tui.pipeline.observability import observability_env

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("section", [None, {}, {"enabled": False, "service_name": "x"}, "yes", []])
def test_nothing_is_set_unless_the_agent_enables_it(section):
    assert observability_env("agent", section) == {}


def test_the_section_becomes_the_standard_variables():
    section = {
        "enabled": True,
        "service_name": "holodeck-ticket-routing",
        "resource_attributes": {"team": "a b,c", "zone": "${ZONE}"},
        "traces": {"enabled": True, "sample_rate": 0.25},
        "metrics": {"enabled": False},
        "exporters": {
            "otlp": {"endpoint": "http://collector:4318", "protocol": "http", "headers": {"k": "v"}}
        },
    }
    assert observability_env("agent", section) == {
        "OTEL_SERVICE_NAME": "holodeck-ticket-routing",
        "OTEL_RESOURCE_ATTRIBUTES": "team=a%20b%2Cc,zone=${ZONE}",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": "0.25",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    }


def test_defaults_are_holodecks():
    assert observability_env("agent", {"enabled": True, "exporters": {"otlp": {}}}) == {
        "OTEL_SERVICE_NAME": "holodeck-agent",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }


def test_an_exporter_that_is_off_leaves_no_endpoint():
    env = observability_env("agent", {"enabled": True, "exporters": {"otlp": {"enabled": False}}})
    assert set(env) == {"OTEL_SERVICE_NAME"}
