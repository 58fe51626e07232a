"""Where dbp's database is: its configuration, read into settings.

A configuration is a mapping, or an object with attributes or with `get(key)`; its keys are `database.type`,
`database.path`, `database.url`, `database.pool_size` and so on, flat or nested. Without one it's the
environment, and without that a file right here.
"""

from __future__ import annotations

import difflib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import URL

from colonnade import DatabaseSettings
from colonnade.errors import ConfigurationError

__all__ = ["DEFAULT_URL", "configuration_in", "settings_for"]

DEFAULT_URL = "sqlite:///./dbp.db"

_log = logging.getLogger("dbp.database")

_PLACE = ("type", "url", "path", "host", "port", "name", "user")
_SETTINGS = tuple(item.name for item in fields(DatabaseSettings) if item.name != "url")
_KEYS = (*_PLACE, *_SETTINGS)
_TYPES = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"} | dict.fromkeys(
    ("mysql", "mariadb"), "mysql"
)
_ABSENT = object()


def settings_for(configuration: Any = None) -> DatabaseSettings:
    """Give settings for a configuration, a URL or a path; without one for the environment's.

    Where nothing at all names a database it's `DEFAULT_URL`, and a warning says so.

    Raises:
        ConfigurationError: for a key that there isn't, a wrong value, or one that is missing.
    """
    if isinstance(configuration, DatabaseSettings):
        return configuration
    if isinstance(configuration, str | os.PathLike | URL):
        return DatabaseSettings(configuration)
    found = {} if configuration is None else _database_part(configuration)
    if not found:
        return _of_environment()
    place = {key: found.pop(key) for key in _PLACE if key in found}
    url = _url(place)
    try:
        return DatabaseSettings.from_mapping({"url": url, **found})
    except ConfigurationError as error:
        raise ConfigurationError(f"database.{error.message}", remedy=error.remedy) from None


def configuration_in(context: Any = None, dependencies: Mapping[str, Any] | None = None) -> Any:
    """Give the configuration in `dependencies["config"]`, else in `context.config`, else None."""
    if dependencies is not None and dependencies.get("config") is not None:
        return dependencies["config"]
    return getattr(context, "config", None)


def _of_environment() -> DatabaseSettings:
    if os.environ.get("DATABASE_URL"):
        return DatabaseSettings.from_environment()
    _log.warning("no database is configured: using the default one, %s", DEFAULT_URL)
    return DatabaseSettings.from_environment({**os.environ, "DATABASE_URL": DEFAULT_URL})


def _database_part(configuration: Any) -> dict[str, Any]:
    """Give what a configuration says of the database, by key without `database.`; None is absent."""
    if isinstance(configuration, Mapping):
        found = {
            str(key).removeprefix("database."): value
            for key, value in configuration.items()
            if str(key).startswith("database.")
        }
        found |= _members(configuration.get("database"))
    elif hasattr(configuration, "database"):
        found = _members(configuration.database)
    elif callable(getattr(configuration, "get", None)):
        found = _asked(configuration.get)
    else:
        raise ConfigurationError(
            f"a {type(configuration).__name__} can't be read as a configuration",
            remedy="Give a mapping with keys such as 'database.url', or an object with `database` or `get`",
        )
    for key in found:
        _refuse_unknown(key)
    return {key: value for key, value in found.items() if value is not None}


def _members(section: Any) -> dict[str, Any]:
    if section is None:
        return {}
    if isinstance(section, Mapping):
        return {str(key): value for key, value in section.items()}
    if callable(getattr(section, "get", None)):
        return _asked(section.get, prefix="")
    if hasattr(section, "__dict__"):
        return {name: value for name, value in vars(section).items() if not name.startswith("_")}
    raise ConfigurationError(
        f"database is a {type(section).__name__}; expected its keys, such as database.url"
    )


def _asked(get: Callable[[str], Any], prefix: str = "database.") -> dict[str, Any]:
    found = {}
    for key in _KEYS:
        try:
            found[key] = get(f"{prefix}{key}")
        except (LookupError, AttributeError):
            continue  # how such objects say that a key isn't there
    return found


def _refuse_unknown(key: str) -> None:
    if key not in _KEYS:
        near = difflib.get_close_matches(key, _KEYS, 1)
        hint = f"; the nearest is database.{near[0]}" if near else f"; there are {', '.join(_KEYS)}"
        raise ConfigurationError(f"there is no key database.{key}{hint}")


def _url(place: Mapping[str, Any]) -> str | URL | os.PathLike[str]:
    """Give the URL that the keys name.

    Raises:
        ConfigurationError: when one is missing, or two contradict each other.
    """
    kind = _kind(place.get("type"))
    url = place.get("url")
    if url is not None:
        clash = [key for key in ("path", "host", "port", "name", "user") if key in place]
        if clash:
            raise ConfigurationError(f"database.url and database.{clash[0]} are both given: give one of them")
        _refuse_other_kind(kind, url)
        return url  # type: ignore[no-any-return]  # DatabaseSettings checks what it is
    if kind in (None, "sqlite"):
        if "path" not in place:
            missing = "database.path" if kind else "database.type or database.url"
            raise ConfigurationError(f"{missing} is missing from the configuration")
        return URL.create("sqlite", database=os.path.expanduser(place["path"]))
    if "path" in place:
        raise ConfigurationError(f"database.path={place['path']!r} is for SQLite; database.type is {kind!r}")
    if "name" not in place:
        raise ConfigurationError(f"database.url, or database.name, is missing for database.type={kind!r}")
    return URL.create(
        kind or "", place.get("user"), None, place.get("host", "localhost"), _port(place), place["name"]
    )


def _kind(value: Any) -> str | None:
    if value is None:
        return None
    kind = _TYPES.get(str(value).lower())
    if kind is None:
        raise ConfigurationError(f"database.type={value!r}: expected sqlite, postgresql or mysql")
    return kind


def _refuse_other_kind(kind: str | None, url: Any) -> None:
    named = DatabaseSettings(url).sqlalchemy_url().get_backend_name()
    if kind is not None and _TYPES.get(named, named) != kind:
        raise ConfigurationError(
            f"database.type={kind!r}, but database.url is of {named!r}: drop one of them"
        )


def _port(place: Mapping[str, Any]) -> int | None:
    port = place.get("port")
    if port is None:
        return None
    if isinstance(port, bool) or not str(port).isdecimal() or not 0 < int(port) < 65536:
        raise ConfigurationError(f"database.port={port!r}: expected a whole number from 1 to 65535")
    return int(port)
