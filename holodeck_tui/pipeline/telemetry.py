"""Spans of a run, when somebody wants them; otherwise nothing is even imported.

Somebody wants them when the program we are embedded in has set up OpenTelemetry, or when the standard
environment variables ask for an exporter (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

from holodeck_tui.core.errors import DeploymentError

PREFIX = "holodeck.deploy"
# A collector that does not answer may hold up the end of a run this long, in seconds.
FLUSH_SECONDS = 3.0
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
Warn = Callable[[str], None]


class Mark:
    """One open span, or none: attributes set on it are dropped then."""

    def __init__(self, span: Span | None = None) -> None:
        self._span = span

    def set(self, **attributes: str | bool | None) -> None:
        """Set attributes; None is left out."""
        if self._span is not None:
            for name, value in attributes.items():
                if value is not None:
                    self._span.set_attribute(name, value)


class Telemetry:
    """Opens spans with a tracer, or does nothing without one."""

    def __init__(self, tracer: Tracer | None, close: Callable[[], None] = lambda: None) -> None:
        self._tracer = tracer
        self._close = close

    @contextmanager
    def span(self, name: str, **attributes: str | bool | None) -> Iterator[Mark]:
        """A span named ``name`` around a block; an error ends it as failed, with its code."""
        if self._tracer is None:
            yield Mark()
            return
        from opentelemetry.trace import Status, StatusCode

        # No recorded exception: its text and stack could hold what must not leave this machine.
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ) as span:
            mark = Mark(span)
            mark.set(**attributes)
            try:
                yield mark
            except DeploymentError as error:
                span.set_attribute("error.type", error.code)
                span.set_status(Status(StatusCode.ERROR, str(error)))
                raise
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def close(self) -> None:
        """Send what is left; gives up after :data:`FLUSH_SECONDS`."""
        self._close()


def open_telemetry(environ: Mapping[str, str], warn: Warn) -> Telemetry:
    """The telemetry of one run. A missing SDK or a broken exporter is told and stops nothing."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Telemetry(None)
    kinds = exporters(environ)
    if not kinds:
        return Telemetry(_host_tracer())
    if (tracer := _host_tracer()) is not None:
        return Telemetry(tracer)
    try:
        provider = _provider(environ, kinds, warn)
    except ImportError:
        warn(
            "OTEL_ variables ask for traces, but the SDK is missing: pip install 'holodeck-deploy-tui[otel]'"
        )
        return Telemetry(None)
    quiet = _quieten(warn)

    def close() -> None:
        # In a thread of its own, for the exporter retries longer than anybody wants to wait.
        worker = threading.Thread(target=provider.shutdown, daemon=True)
        worker.start()
        worker.join(FLUSH_SECONDS)
        quiet()

    return Telemetry(provider.get_tracer("holodeck_tui"), close)


def exporters(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Which trace exporters the standard variables ask for; none unless one of them is set."""
    asked = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if asked:
        return tuple(kind for kind in map(str.strip, asked.split(",")) if kind not in {"none", ""})
    return ("otlp",) if any(environ.get(name) for name in _ENDPOINTS) else ()


def _host_tracer() -> Tracer | None:
    """The tracer of a provider that the embedding program has set, if it has."""
    trace = sys.modules.get("opentelemetry.trace")
    sdk = sys.modules.get("opentelemetry.sdk.trace")
    if trace is None or sdk is None:
        return None
    provider = trace.get_tracer_provider()
    if not isinstance(provider, sdk.TracerProvider):
        return None
    tracer: Tracer = provider.get_tracer("holodeck_tui")
    return tracer


def _provider(environ: Mapping[str, str], kinds: tuple[str, ...], warn: Warn) -> TracerProvider:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = {} if environ.get("OTEL_SERVICE_NAME") else {"service.name": "holodeck-deploy-tui"}
    provider = TracerProvider(resource=Resource.create(name), shutdown_on_exit=False)
    for kind in kinds:
        exporter = _exporter(kind, environ, warn)
        if exporter is not None:
            provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _exporter(kind: str, environ: Mapping[str, str], warn: Warn) -> SpanExporter | None:
    if kind == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        # Results own stdout.
        return ConsoleSpanExporter(out=sys.stderr)
    if kind != "otlp":
        warn(f'OTEL_TRACES_EXPORTER "{kind}" is not known here; otlp, console and none are')
        return None
    protocol = environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    module: Any
    if protocol == "grpc":
        with contextlib.suppress(ImportError):
            import importlib

            module = importlib.import_module("opentelemetry.exporter.otlp.proto.grpc.trace_exporter")
            grpc: SpanExporter = module.OTLPSpanExporter()
            return grpc
        warn(
            "OTEL_EXPORTER_OTLP_PROTOCOL asks for grpc, whose exporter is missing: "
            "pip install opentelemetry-exporter-otlp-proto-grpc, or set it to http/protobuf"
        )
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def _quieten(warn: Warn) -> Callable[[], None]:
    """Turn what the SDK logs into one warning of ours; returns what takes it back."""
    logger = logging.getLogger("opentelemetry")
    told = threading.Event()

    class Tell(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING and not told.is_set():
                told.set()
                warn(f"traces could not be sent: {record.getMessage()}")

    handler, propagate = Tell(), logger.propagate
    logger.addHandler(handler)
    logger.propagate = False

    def restore() -> None:
        logger.removeHandler(handler)
        logger.propagate = propagate

    return restore
