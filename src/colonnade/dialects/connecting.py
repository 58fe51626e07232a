"""What connecting has in common, whatever the database: the driver, the options, the pool."""

from __future__ import annotations

import asyncio
import difflib
import math
import select
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sqlalchemy import QueuePool

from colonnade.dialects.contract import Face
from colonnade.errors import ConfigurationError
from colonnade.settings import Secret

if TYPE_CHECKING:
    from sqlalchemy import URL

    from colonnade.settings import DatabaseSettings

Drivers = Mapping[Face, tuple[str, ...]]


def with_driver(url: URL, face: Face, drivers: Drivers, extras: Mapping[str, str]) -> URL:
    """Give the URL with a driver of this face: its own if it is one, else the first one installed.

    `extras` has each driver's module and the extra that installs it, as "module:extra".

    Raises:
        ConfigurationError: for a driver of neither face, or where none is installed.
    """
    database, _, asked = url.drivername.partition("+")
    known = sorted({name for names in drivers.values() for name in names})
    if asked and asked not in known:
        raise ConfigurationError(
            f"no support for the driver {asked!r}; leave it out of the URL, or name one of {', '.join(known)}"
        )
    if face == "async" and find_spec("greenlet") is None:
        raise ConfigurationError("the asynchronous face needs greenlet: pip install 'colonnade[async]'")
    candidates = (asked,) if asked in drivers[face] else drivers[face]
    for name in candidates:
        if find_spec(extras[name].partition(":")[0]) is not None:
            return url.set(drivername=f"{database}+{name}")
    extra = extras[candidates[0]].partition(":")[2]
    raise ConfigurationError(
        f"no driver is installed for {database} ({face}): pip install 'colonnade[{extra}]'"
    )


def refuse_unknown_options(url: URL, known: Iterable[str], driver: str) -> None:
    """Raise for an option in the URL that the driver doesn't take.

    Raises:
        ConfigurationError: with the options' names, and the nearest known ones.
    """
    names = sorted(known)
    unknown = sorted(set(url.query).difference(names))
    if unknown:
        near = [name for option in unknown for name in difflib.get_close_matches(option, names, 1)]
        hint = (
            f"; perhaps {', '.join(near)}"
            if near
            else "; an argument of the driver itself goes into connect_args"
        )
        raise ConfigurationError(f"{driver} takes no option {', '.join(unknown)} from a URL{hint}")


def single_options(url: URL) -> dict[str, str]:
    """Give the URL's options, each with its last value."""
    return {key: value if isinstance(value, str) else value[-1] for key, value in url.query.items()}


def engine_arguments(settings: DatabaseSettings, connect_args: Mapping[str, Any]) -> dict[str, Any]:
    """Give `create_engine`'s arguments for these settings; what the settings say by hand comes last."""
    arguments: dict[str, Any] = {
        "pool_size": settings.pool_size,
        "max_overflow": settings.max_overflow,
        "pool_timeout": settings.pool_timeout_s,
        "pool_recycle": -1 if settings.pool_recycle_s is None else settings.pool_recycle_s,
        "echo": settings.echo,
        # Values of a row must not reach a message or a log.
        "hide_parameters": not settings.echo,
    }
    options = dict(settings.engine_options)
    if not _pool_has_a_size(options):
        for name in ("pool_size", "max_overflow", "pool_timeout"):
            del arguments[name]
    given = options.pop("connect_args", {})
    return {**arguments, **options, "connect_args": {**connect_args, **given, **settings.connect_args}}


def _pool_has_a_size(options: Mapping[str, Any]) -> bool:
    return "pool" not in options and issubclass(options.get("poolclass", QueuePool), QueuePool)


LEVELS = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")


def known_level(isolation_level: str | None) -> str | None:
    """Give the isolation level as SQLAlchemy spells it.

    Raises:
        ConfigurationError: for a name that is no level of the SQL standard.
    """
    if isolation_level is None:
        return None
    level = isolation_level.replace("_", " ").upper()
    if level not in LEVELS:
        raise ConfigurationError(f"no isolation level {isolation_level!r}; there are {', '.join(LEVELS)}")
    return level


def number(url: URL, option: str, default: float) -> float:
    """Give a URL's option that is a number of seconds.

    Raises:
        ConfigurationError: it's none, or not more than 0.
    """
    text = single_options(url).get(option)
    try:
        seconds = default if text is None else float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < math.inf:
        raise ConfigurationError(f"{option}={text!r} in the URL: expected seconds, more than 0")
    return seconds


def with_password(url: URL, settings: DatabaseSettings) -> URL:
    """Give the URL with the password, where it is a constant; a function is asked at each connection."""
    return url.set(password=settings.password()) if isinstance(settings.password, Secret) else url


def has_news(descriptor: int) -> bool:
    """Tell whether an idle socket has something to read: of a server that means its good-bye."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([descriptor], [], [], 0)[0])  # Windows has no poll


def raw(connection: Any) -> Any:
    """Give the driver's own connection, out of SQLAlchemy's adapter on the asynchronous face."""
    return getattr(connection, "driver_connection", connection)


def of_another_loop(loop: object) -> bool:
    """Tell whether a connection of this event loop would be used in another one."""
    try:
        return asyncio.get_running_loop() is not loop
    except RuntimeError:  # none runs: it's being thrown away
        return False
