"""DatabaseSettings: where the database is, and how it is used.

In: keywords, a mapping, an object with attributes, or the environment. Out: one frozen
value, checked, that the engine and the dialects read. This is the only place that reads
the environment. A password is kept apart from the URL, and is shown nowhere.
"""

from __future__ import annotations

import difflib
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from colonnade.errors import ConfigurationError

ENVIRONMENT_PREFIX = "DATABASE_"

_ALIASES = {"postgres": "postgresql"}
_SECRET_KEYS = frozenset({"password", "passwd", "sslpassword", "ssl_key_password"})


class Secret:
    """A text that is given out when it's called, and shown by nothing else."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (self._text,)


@dataclass(frozen=True, repr=False)
class DatabaseSettings:
    """What a manager is made with. Every field but `url` has a default.

    Raises:
        ConfigurationError: a value of the wrong kind or out of its range, or a URL that can't
            be read. The message has the field and the value, but never a password.

    Attributes:
        url: the database without its password: `postgresql://…`, `mysql://…`, `mariadb://…`,
            `sqlite:///…`, or the path of an SQLite file; `sqlite://` is in memory. A driver in it
            is kept where it belongs to the face, so that one URL serves both.
        pool_size: connections kept open.
        max_overflow: connections beyond `pool_size` under load; -1 for any number.
        pool_timeout_s: how long a call waits for a free connection.
        pool_recycle_s: the age at which a connection is replaced; None for never.
        lock_timeout_s: how long a statement waits for another's lock.
        statement_timeout_s: how long a statement may run; None for any time.
        retry_deadline_s: how long `run` goes on trying, all tries together.
        retry_attempts: how often `run` tries at most, the first one counted.
        echo: whether statements are logged.
        slow_statement_s: statements that took longer are logged as warnings; None for none.
        prepared_statements: False behind a pooler in transaction mode (pgbouncer): nothing is prepared, and
            no setting is made for a connection, so that the two time-outs are the server's.
        password: taken from `url` where it isn't given; a function is asked for each new connection.
        connect_args: given to the driver's `connect` as they are.
        engine_options: given to SQLAlchemy's `create_engine` as they are.
    """

    url: str | URL | os.PathLike[str]
    pool_size: int = field(default=5, kw_only=True)
    max_overflow: int = field(default=10, kw_only=True)
    pool_timeout_s: float = field(default=30.0, kw_only=True)
    pool_recycle_s: float | None = field(default=None, kw_only=True)
    lock_timeout_s: float = field(default=5.0, kw_only=True)
    statement_timeout_s: float | None = field(default=None, kw_only=True)
    retry_deadline_s: float = field(default=30.0, kw_only=True)
    retry_attempts: int = field(default=10, kw_only=True)
    echo: bool = field(default=False, kw_only=True)
    slow_statement_s: float | None = field(default=None, kw_only=True)
    prepared_statements: bool = field(default=True, kw_only=True)
    password: str | Callable[[], str] | None = field(default=None, kw_only=True)
    connect_args: Mapping[str, Any] = field(default_factory=dict, kw_only=True, hash=False)
    engine_options: Mapping[str, Any] = field(default_factory=dict, kw_only=True, hash=False)

    def __post_init__(self) -> None:
        for name, convert in _CONVERTERS.items():
            object.__setattr__(self, name, convert(name, getattr(self, name)))
        url, secret = _without_password(_parsed(self.url))
        object.__setattr__(self, "url", url.render_as_string(hide_password=False))
        if self.password is None:
            object.__setattr__(self, "password", secret)

    def sqlalchemy_url(self) -> URL:
        """Give the URL as SQLAlchemy's, without the password."""
        return make_url(str(self.url))

    def password_text(self) -> str | None:
        """Give the password as it is now; a function is asked again at each call.

        Raises:
            ConfigurationError: the function gave something other than text.
        """
        text = self.password() if callable(self.password) else self.password
        if text is not None and not isinstance(text, str):
            raise ConfigurationError(f"password gave a {type(text).__name__}; expected a text")
        return text

    @classmethod
    def of(cls, value: object = None) -> DatabaseSettings:
        """Give settings for a URL, a path, a mapping, an object, settings, or None for the environment.

        Raises:
            ConfigurationError: as the constructor does.
        """
        if value is None:
            return cls.from_environment()
        if isinstance(value, DatabaseSettings):
            return value
        if isinstance(value, str | URL | os.PathLike):
            return cls(value)
        return cls.from_mapping(value) if isinstance(value, Mapping) else cls.from_object(value)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> DatabaseSettings:
        """Give settings from a mapping with the fields' names; texts are converted.

        Raises:
            ConfigurationError: as the constructor does, and for a key that is no field.
        """
        for key in mapping:
            if key not in _FIELDS:
                near = _nearest(str(key), _FIELDS)
                hint = f"; the nearest is {near}" if near else ""
                raise ConfigurationError(f"no setting is called {key!r}{hint}")
        if "url" not in mapping:
            raise ConfigurationError("url is missing from the settings")
        return cls(**mapping)

    @classmethod
    def from_object(cls, source: object) -> DatabaseSettings:
        """Give settings from an object's attributes `url`, `database_url` or `DATABASE_URL`, and so on.

        Its other attributes are its own business.

        Raises:
            ConfigurationError: as the constructor does, and where no attribute has the URL.
        """
        found: dict[str, Any] = {}
        for name in _FIELDS:
            for attribute in (name, f"database_{name}", f"DATABASE_{name.upper()}"):
                if name not in found and hasattr(source, attribute):
                    found[name] = getattr(source, attribute)
        if "url" not in found:
            raise ConfigurationError(
                f"a {type(source).__name__} can't be read as settings: it has none of the attributes"
                " url, database_url, DATABASE_URL"
            )
        return cls(**found)

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str] | None = None,
        prefix: str = ENVIRONMENT_PREFIX,
        *,
        default_url: str | None = None,
    ) -> DatabaseSettings:
        """Give settings from `DATABASE_URL`, `DATABASE_POOL_SIZE`, `DATABASE_ECHO` and so on.

        An empty variable counts as absent; `default_url` stands in for an absent URL. Mappings are written
        as JSON. A variable that nearly has the name of a setting (`DATABASE_POOLSIZE`) is an error; other
        ones with the prefix may well belong to another program, and are left alone.

        Raises:
            ConfigurationError: as the constructor does, with the variable's name.
        """
        source = os.environ if environ is None else environ
        names = {prefix + name.upper(): name for name in _FIELDS}
        for key in source:
            if key.startswith(prefix) and key not in names:
                _refuse_misspelt(key, prefix)
        values = {name: _from_text(name, key, source[key]) for key, name in names.items() if source.get(key)}
        if "url" not in values and default_url is None:
            raise ConfigurationError(f"{prefix}URL isn't set in the environment")
        values.setdefault("url", default_url)
        return cls(**values)

    def to_mapping(self) -> dict[str, Any]:
        """Give the fields as a mapping that `from_mapping` reads; the password stays hidden in a `Secret`."""
        return {name: getattr(self, name) for name in _FIELDS}

    def __repr__(self) -> str:
        shown = [f"url={self.url!r}"]
        shown += [
            f"{name}={_shown(name, getattr(self, name))}"
            for name in _FIELDS
            if name != "url" and getattr(self, name) != _DEFAULTS[name]
        ]
        return f"DatabaseSettings({', '.join(shown)})"


_FIELDS = {item.name: item for item in fields(DatabaseSettings)}
_DEFAULTS: dict[str, Any] = {
    name: {} if item.default is MISSING else item.default for name, item in _FIELDS.items()
}


def _refused(label: str, value: object, expected: str) -> ConfigurationError:
    return ConfigurationError(f"{label}={value!r}: expected {expected}")


def _whole(least: int) -> Callable[[str, Any], int]:
    def convert(label: str, value: Any) -> int:
        expected = f"a whole number, {least} or more"
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            raise _refused(label, value, expected) from None
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            raise _refused(label, value, expected)
        return number

    return convert


def _seconds(*, zero: bool = False, optional: bool = False) -> Callable[[str, Any], float | None]:
    expected = f"seconds, {'0 or more' if zero else 'more than 0'}{', or none' if optional else ''}"

    def convert(label: str, value: Any) -> float | None:
        if optional and (value is None or str(value).lower() == "none"):
            return None
        try:
            number = float(value) if isinstance(value, str | int | float) else math.nan
        except (ValueError, OverflowError):
            raise _refused(label, value, expected) from None
        too_small = number < 0 if zero else number <= 0
        if isinstance(value, bool) or not math.isfinite(number) or too_small:
            raise _refused(label, value, expected)
        return number

    return convert


TRUTH = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


def _truth(label: str, value: Any) -> bool:
    truth = value if isinstance(value, bool) else TRUTH.get(str(value).lower())
    if truth is None:
        raise _refused(label, value, "true or false")
    return truth


def _password(label: str, value: Any) -> Callable[[], str] | None:
    if hasattr(value, "get_secret_value"):  # pydantic's SecretStr, from a user's settings object
        value = value.get_secret_value()
    if isinstance(value, str):
        return Secret(value)
    if value is None or callable(value):
        return value  # type: ignore[no-any-return]  # callable() has no return type
    raise ConfigurationError(
        f"{label} is a {type(value).__name__}; expected a text or a function that gives one"
    )


def _mapping(label: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ConfigurationError(
            f"{label} is a {type(value).__name__}; expected a mapping with names as keys"
        )
    for key in {"password", "passwd"}.intersection(value):
        raise ConfigurationError(f"{label} holds {key!r}: give it as password, where it is never shown")
    return dict(value)


_CONVERTERS: dict[str, Callable[[str, Any], Any]] = {
    "pool_size": _whole(1),
    "max_overflow": _whole(-1),
    "pool_timeout_s": _seconds(zero=True),
    "pool_recycle_s": _seconds(optional=True),
    "lock_timeout_s": _seconds(),
    "statement_timeout_s": _seconds(optional=True),
    "retry_deadline_s": _seconds(zero=True),
    "retry_attempts": _whole(1),
    "echo": _truth,
    "slow_statement_s": _seconds(zero=True, optional=True),
    "prepared_statements": _truth,
    "password": _password,
    "connect_args": _mapping,
    "engine_options": _mapping,
}


def _from_text(name: str, label: str, text: str) -> Any:
    """Convert a variable of the environment, so that an error has the variable's name."""
    value: Any = text
    if _CONVERTERS.get(name) is _mapping:
        try:
            value = json.loads(text)
        except ValueError:
            raise ConfigurationError(f"{label} isn't JSON; expected an object like {{}}") from None
    return _CONVERTERS[name](label, value) if name in _CONVERTERS else value


def _nearest(name: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(name, known, 1, 0.8)), "")


def _refuse_misspelt(key: str, prefix: str) -> None:
    if near := _nearest(key.removeprefix(prefix).lower(), _FIELDS):
        raise ConfigurationError(f"{key} is no setting; the nearest is {prefix}{near.upper()}")


def _shown(name: str, value: Any) -> str:
    if name == "password":
        return "***"
    if isinstance(value, Mapping):  # the driver's arguments may hold keys and pass phrases
        return "{" + ", ".join(f"{key!r}: …" for key in value) + "}"
    return repr(value)


def _parsed(value: str | URL | os.PathLike[str]) -> URL:
    if isinstance(value, URL):
        return _renamed(value)
    text = value if isinstance(value, str) else os.fspath(value)
    if not isinstance(text, str) or not text:
        raise ConfigurationError("the URL is empty; expected a database's URL or the path of an SQLite file")
    if not isinstance(value, str) or "://" not in text:
        return _of_path(text)
    try:
        url = make_url(_with_hosts_apart(text))
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise ConfigurationError(f"the URL {_masked(text)!r} can't be read; {_FORM}") from None
    if url.host and "@" in url.host:
        raise ConfigurationError(
            f"the URL {_masked(text)!r} has more than one '@'; one in a password is written %40"
        )
    return _renamed(url)


_FORM = "expected name://user:password@host:port/database, special characters in it percent-encoded"


def _with_hosts_apart(text: str) -> str:
    """Give `name://one:1,two:2/database` with its hosts as options, as SQLAlchemy has them."""
    found = re.fullmatch(r"(\w[^:]*://(?:[^@]*@)?)([^/?@]*,[^/?@]*)([^?]*)\??(.*)", text, re.DOTALL)
    if found is None:
        return text
    start, hosts, path, query = found.groups()
    options = [f"host={quote(host, safe='')}" for host in hosts.split(",")] + ([query] if query else [])
    return f"{start}{path or '/'}?{'&'.join(options)}"


def _masked(text: str) -> str:
    # Only what can't be part of a password: the name before "://" and what follows the last "@".
    name, _, rest = text.partition("://")
    return f"{name}://***@{rest.rpartition('@')[2]}" if "@" in rest else f"{name}://…"


def _of_path(text: str) -> URL:
    if text == ":memory:":
        return URL.create("sqlite")
    if re.match(r"(postgres(ql)?|mysql|mariadb|sqlite)(\+\w+)?:", text):
        raise ConfigurationError(f"the URL {text.partition(':')[0]}:… lacks its two slashes; {_FORM}")
    return URL.create("sqlite", database=text)


def _renamed(url: URL) -> URL:
    name, plus, driver = url.drivername.partition("+")
    url = url.set(drivername=_ALIASES.get(name, name) + plus + driver)
    if url.database == ":memory:" and not url.query:
        return URL.create(url.drivername)
    return url


def _without_password(url: URL) -> tuple[URL, Secret | None]:
    """Take the password out of the URL, wherever it stands in it."""
    secret = None if url.password is None else Secret(str(url.password))
    if isinstance(asked := url.query.get("password"), str):
        secret = secret or Secret(asked)
        url = url.difference_update_query(["password"])
    if isinstance(user := url.query.get("user"), str):
        url = url.difference_update_query(["user"])
        url = url if url.username else url.set(username=user)
    for key in _SECRET_KEYS.intersection(url.query):
        raise ConfigurationError(f"{key} in a URL ends up in logs; give it in connect_args")
    return URL.create(url.drivername, url.username, None, url.host, url.port, url.database, url.query), secret


AUDIT_KEY = "COLONNADE_AUDIT_KEY"
"""The variable of the environment with the key of the audit log's seals."""


def audit_key(given: str | bytes | None = None) -> bytes:
    """Give the key of the audit log's seals: the given one, else the environment's.

    Raises:
        ConfigurationError: without one, or with one of fewer than 16 bytes.
    """
    found = given if given is not None else os.environ.get(AUDIT_KEY, "")
    key = found.encode() if isinstance(found, str) else found
    if not key:
        raise ConfigurationError(
            f"seals need a key, and {AUDIT_KEY} isn't set",
            remedy="set it, or pass key=…, and keep it where the database can't reach",
        )
    if len(key) < 16:
        raise ConfigurationError(f"the key of the seals has {len(key)} bytes: expected 16 or more")
    return key
