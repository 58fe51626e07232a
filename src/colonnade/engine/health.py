"""How a database is doing, as a value."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import text

from colonnade.engine.home import Home
from colonnade.errors import DatabaseError


@dataclass(frozen=True, slots=True)
class Health:
    """What `health()` found.

    `latency_s` is one round trip on a pooled connection. `pool` is SQLAlchemy's own line
    about its connections. `error` says why `ok` is false. `warnings` are things that work
    and may surprise.
    """

    ok: bool
    database: str
    driver: str
    version: str = ""
    latency_s: float | None = None
    pool: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()


def examine(home: Home) -> Health:
    """Ask the database for its version and time the answer; never raises for a database that is down."""
    engine = home.engine
    database, driver = home.dialect.name, engine.dialect.driver
    try:
        with home.connection("deferred") as connection:
            connection.execute(text("SELECT 1"))
            start = time.perf_counter()
            connection.execute(text("SELECT 1"))
            latency_s = time.perf_counter() - start
            version = ".".join(str(part) for part in engine.dialect.server_version_info or ())
    except DatabaseError as error:
        return Health(False, database, driver, error=str(error))
    warnings = tuple(_warnings(home))
    return Health(True, database, driver, version, latency_s, engine.pool.status(), warnings=warnings)


def _warnings(home: Home) -> list[str]:
    if home.metadata is None:
        return []
    return home.dialect.health.warnings(home.metadata, home.engine.dialect)
