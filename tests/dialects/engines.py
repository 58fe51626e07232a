"""Plain SQLAlchemy engines made from settings and a dialect's `connect`, with no manager around them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from colonnade.dialects.contract import BEGIN_OPTION, BeginMode, Connect, Face, dialect_named
from colonnade.settings import DatabaseSettings

T = TypeVar("T")


@dataclass
class Base:
    """An engine on one face. `run(function)` calls it with a synchronous connection, on either face."""

    engine: Engine
    connect: Connect
    kept: Any
    wrapper: AsyncEngine | None = None

    def run(
        self, function: Callable[[Connection], T], mode: BeginMode = "write", level: str | None = None
    ) -> T:
        options = self.connect.session_options(mode, level)
        if self.wrapper is None:
            with self.engine.connect() as connection:
                return function(connection.execution_options(**options))
        return asyncio.run(self._run(function, options))

    async def _run(self, function: Callable[[Connection], T], options: dict[str, Any]) -> T:
        assert self.wrapper is not None
        try:
            async with self.wrapper.connect() as connection:
                await connection.execution_options(**options)
                return await connection.run_sync(function)
        finally:
            await self.wrapper.dispose()

    def close(self) -> None:
        self.engine.dispose()
        if self.kept is not None:
            self.kept.close()


def open_base(url: str, face: Face, **settings: Any) -> Base:
    """Give an engine that sets up, begins and tidies as the manager's does."""
    asked = DatabaseSettings(url, **settings)
    connect = dialect_named(asked.sqlalchemy_url().get_backend_name()).connect
    translated, arguments = connect.engine_arguments(asked.sqlalchemy_url(), asked, face)
    kept = connect.keep_alive(translated)
    if face == "sync":
        base = Base(create_engine(translated, **arguments), connect, kept)
    else:
        wrapper = create_async_engine(translated, **arguments)
        base = Base(wrapper.sync_engine, connect, kept, wrapper)
    _listen(base.engine, connect, asked)
    return base


def _listen(engine: Engine, connect: Connect, settings: DatabaseSettings) -> None:
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get(BEGIN_OPTION, "write")
        connect.begin(connection, mode, settings.lock_timeout_s)

    event.listen(engine, "connect", lambda connection, _: connect.set_up(connection, settings))
    event.listen(engine, "begin", begin)
    event.listen(engine, "reset", lambda connection, *_: connect.tidy(connection))
