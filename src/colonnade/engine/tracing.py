"""Spans for OpenTelemetry, one for each statement, by its stable conventions for databases.

In come the events of `observe`; out go spans to the tracer that the application has set up.
The parent is the span that is current where the call was made.

Source: https://opentelemetry.io/docs/specs/semconv/database/database-spans/
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from colonnade.engine.observe import Observers, StatementEvent, first_word
from colonnade.errors import ConfigurationError

try:
    from opentelemetry.trace import SpanKind, Status, StatusCode, get_tracer
except ImportError as missing:
    raise ConfigurationError(
        "the package opentelemetry-api isn't installed", remedy="pip install 'colonnade[otel]'"
    ) from missing

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

Attributes = dict[str, str | int]


def trace(observers: Observers, provider: TracerProvider | None) -> Callable[[], None]:
    """Make a span of each statement from now on, until the function that is given back is called."""
    tracer = get_tracer("colonnade", tracer_provider=provider)

    def span_of(told: StatementEvent) -> None:
        end = time.time_ns()
        server = _server(observers)
        span = tracer.start_span(
            _name(told, server),
            kind=SpanKind.CLIENT,
            attributes={**server, **_attributes(told)},
            start_time=end - int(told.seconds * 1e9),
        )
        if told.error is not None:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)

    return observers.add(span_of)


def _server(observers: Observers) -> Attributes:
    if observers.server is None:
        return {}
    system, url = observers.server
    found = {
        "db.system.name": system,
        "db.namespace": url.database,
        "server.address": url.host,
        "server.port": url.port,
    }
    return {name: value for name, value in found.items() if value}


def _attributes(told: StatementEvent) -> Attributes:
    found = {
        "db.operation.name": _operation(told),
        "db.operation.batch.size": told.batch if _is_batch(told) else None,
        "db.collection.name": told.table,
        "db.query.text": told.statement,
        "error.type": told.error,
        "colonnade.way": told.way,
    }
    return {name: value for name, value in found.items() if value}


def _name(told: StatementEvent, server: Attributes) -> str:
    target = told.table or server.get("db.namespace") or server.get("server.address")
    return " ".join(str(part) for part in (_operation(told), target) if part)


def _operation(told: StatementEvent) -> str:
    word = first_word(told.statement)
    return f"BATCH {word}" if _is_batch(told) else word


def _is_batch(told: StatementEvent) -> bool:
    return told.batch is not None and told.batch > 1
