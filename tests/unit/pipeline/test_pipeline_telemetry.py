from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.pipeline.telemetry import FLUSH_SECONDS, exporters, open_telemetry

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("environ", "kinds"),
    [
        ({}, ()),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, ()),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ("otlp",)),
        ({"OTEL_TRACES_EXPORTER": "otlp, console"}, ("otlp", "console")),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, ("otlp",)),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, ("otlp",)),
        ({"OTEL_SERVICE_NAME": "mine"}, ()),
    ],
)
def test_only_the_standard_variables_ask_for_an_exporter(environ, kinds):
    assert exporters(environ) == kinds


def test_without_variables_nothing_of_opentelemetry_is_imported():
    program = (
        "import sys\n"
        "from holodeck_tui.pipeline.telemetry import open_telemetry\n"
        "with open_telemetry({}, print).span('x', step='x') as mark:\n"
        "    mark.set(image='y')\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


PROGRAM = """
import os, sys
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.pipeline.telemetry import open_telemetry
telemetry = open_telemetry(os.environ, lambda text: print("warned:", text))
try:
    with telemetry.span("holodeck.deploy.run", step="run", agent="a", provider="local", image=None) as mark:
        mark.set(image="sha256:1")
        raise DeploymentError("timeout", "Gave up.")
except DeploymentError:
    pass
telemetry.close()
"""


def run(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True, timeout=30
    )


def test_console_spans_go_to_stderr_with_their_attributes_and_status():
    done = run({"OTEL_TRACES_EXPORTER": "console"})
    assert done.stdout == ""
    span = json.loads(done.stderr)
    assert span["name"] == "holodeck.deploy.run"
    assert span["attributes"] == {
        "step": "run", "agent": "a", "provider": "local", "image": "sha256:1", "error.type": "timeout"
    }  # fmt: skip
    assert span["status"]["status_code"] == "ERROR"
    assert span["events"] == []


def test_spans_reach_a_collector_over_http():
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = run({"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_port}"})
    server.shutdown()
    server.server_close()
    assert done.stdout == done.stderr == ""
    ((path, body),) = received
    assert path == "/v1/traces"
    assert b"holodeck.deploy.run" in body
    assert b"holodeck-deploy-tui" in body


def test_a_collector_that_is_not_there_holds_nobody_up_for_long():
    started = time.monotonic()
    done = run({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    assert time.monotonic() - started < FLUSH_SECONDS + 5
    assert done.stderr == ""
    assert done.stdout.count("warned:") == 1
    assert "traces could not be sent" in done.stdout


def test_a_missing_sdk_names_the_extra(monkeypatch):
    told: list[str] = []
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    telemetry = open_telemetry({"OTEL_TRACES_EXPORTER": "otlp"}, told.append)
    with telemetry.span("x"):
        pass
    assert "pip install 'holodeck-deploy-tui[otel]'" in told[0]


def test_an_embedding_program_gets_the_spans_through_its_own_provider():
    program = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
from holodeck_tui.pipeline.telemetry import open_telemetry
telemetry = open_telemetry({}, print)
with telemetry.span("outer"), telemetry.span("inner"):
    pass
telemetry.close()
inner, outer = exporter.get_finished_spans()
assert inner.parent.span_id == outer.context.span_id
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_errors_pass_through():
    with pytest.raises(DeploymentError), open_telemetry({}, print).span("x"):
        raise DeploymentError("timeout", "Gave up.")
