"""Empty PostgreSQL databases for trials, from template0, on the server of the original.

One connection to it stays open while it's in use: the server knows of those, and ends them with their
process. The original is never a TEMPLATE: that needs it to be without a single connection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from colonnade.errors import ScratchDatabaseError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from colonnade.dialects.contract import Connecting
    from colonnade.settings import DatabaseSettings

_FORBIDDEN = "42501"
_IN_USE = "55006"
_GONE = "3D000"
_FORCE_SINCE = (13,)
_NEVER_IDLE_SINCE = (14,)

_ACCOUNT = """
SELECT quote_ident(rolname), rolcreatedb OR rolsuper, current_setting('transaction_read_only') = 'on'
FROM pg_roles WHERE rolname = current_user
"""
# All columns by name: which of them tell the locale differs from version to version.
_DATABASE = """
SELECT to_jsonb(d) || jsonb_build_object('encoding', pg_encoding_to_char(encoding)) AS said
FROM pg_database d WHERE datname = current_database()
"""
# What is set for the original belongs to how its connections behave: its search path, its time zone.
_SETTINGS = """
SELECT unnest(setconfig) FROM pg_db_role_setting
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = current_user))
ORDER BY setrole
"""
_ABANDONED = """
SELECT datname FROM pg_database d
WHERE datname ~ :pattern AND pg_has_role(datdba, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)
"""
_END_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
)
_OWN_SCHEMAS = "nspname !~ '^pg_' AND nspname <> 'information_schema'"
# Whatever stands in a schema by itself, and isn't an extension's.
_THINGS = f"""
SELECT DISTINCT i.type, i.identity
FROM pg_depend d JOIN pg_namespace n ON d.refobjid = n.oid,
     pg_identify_object(d.classid, d.objid, d.objsubid) i
WHERE d.refclassid = 'pg_namespace'::regclass AND d.deptype = 'n' AND {_OWN_SCHEMAS}
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid
                  AND e.objsubid = d.objsubid AND e.deptype IN ('e', 'i'))
  AND i.type NOT IN ('table constraint', 'rule', 'trigger', 'default acl')
"""
_SCHEMAS = f"""
SELECT quote_ident(nspname) FROM pg_namespace n WHERE {_OWN_SCHEMAS} AND nspname <> 'public'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_namespace'::regclass
                  AND e.objid = n.oid AND e.deptype = 'e')
"""
_EXTENSIONS = "SELECT quote_ident(extname) FROM pg_extension WHERE extname <> 'plpgsql'"
_LARGE_OBJECTS = "SELECT oid FROM pg_largeobject_metadata"


@contextmanager
def lent(
    settings: DatabaseSettings, name: str, connect: Connecting, schemas: Sequence[str]
) -> Iterator[DatabaseSettings]:
    """Make a database with the original's encoding, locale and settings, and drop it at the end."""
    with connect(settings) as beside:
        create(beside, name)
    try:
        made = beside_of(settings, name)
        with connect(made) as inside:
            if _version(inside) >= _NEVER_IDLE_SINCE:
                inside.execute(text("SET idle_session_timeout = 0"))
            for schema in schemas:
                inside.execute(text(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}"))
            yield made
    finally:
        with connect(settings) as beside:
            _drop_for_certain(beside, name)


def create(beside: Connection, name: str) -> None:
    """Make an empty database like the connected one.

    Raises:
        ScratchDatabaseError: the account may not.
    """
    account, allowed, reads_only = beside.execute(text(_ACCOUNT)).one()
    if reads_only:
        raise ScratchDatabaseError(
            "this connection is set to read only, and a database for a trial can't be created by it",
            remedy="use an account without default_transaction_read_only, or name an empty database as"
            " scratch_url",
        )
    if not allowed:  # asked, and not tried: an account that reads leaves no failed write in the server's log
        raise ScratchDatabaseError(
            f"the account {account} may not create a database for a trial",
            remedy=f"ALTER ROLE {account} CREATEDB, or name an empty database of its own as scratch_url",
        )
    said = beside.scalars(text(_DATABASE)).one()
    values = list(beside.scalars(text(_SETTINGS)))
    beside.execute(text(f"CREATE DATABASE {_quoted(name)} {_clauses(said)}"))
    for value in values:
        key, _, setting = value.partition("=")
        beside.execute(text(_set_for(name, key, setting).replace(":", "\\:")))


def beside_of(settings: DatabaseSettings, name: str) -> DatabaseSettings:
    """Give the settings of another database of the same server."""
    return replace(settings, url=settings.sqlalchemy_url().set(database=name))


def abandoned(settings: DatabaseSettings, pattern: str, connect: Connecting) -> Sequence[str]:
    """Give the names of databases of this account's to which nobody is connected."""
    with connect(settings) as beside:
        return list(beside.scalars(text(_ABANDONED), {"pattern": f"^(?:{pattern})$"}))


def drop(settings: DatabaseSettings, name: str, connect: Connecting) -> bool:
    """Drop a database, unless somebody is connected to it."""
    with connect(settings) as beside:
        try:
            beside.execute(text(f"DROP DATABASE IF EXISTS {_quoted(name)}"))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in (_IN_USE, _FORBIDDEN, _GONE):
                raise
            return False
    return True


def contents(connection: Connection) -> Sequence[str]:
    """Name what is in the schemas, and the schemas besides `public`."""
    things = [f"{row.type} {row.identity}" for row in connection.execute(text(_THINGS))]
    return [*things, *(f"schema {name}" for name in connection.scalars(text(_SCHEMAS)))]


def standing(connection: Connection) -> Sequence[str]:
    """Name the extensions: who prepared the database may have made them, where this account can't."""
    return list(connection.scalars(text(_EXTENSIONS)))


def clear(connection: Connection, standing: Sequence[str]) -> None:
    """Drop everything but these extensions; `public` stays, which may be another account's."""
    for extension in connection.scalars(text(_EXTENSIONS)).all():
        if extension not in standing:
            connection.execute(text(f"DROP EXTENSION IF EXISTS {extension} CASCADE"))
    for statement in dropping(connection):
        connection.execute(text(statement.replace(":", "\\:")))
    for oid in connection.scalars(text(_LARGE_OBJECTS)).all():
        connection.execute(text("SELECT lo_unlink(:oid)"), {"oid": oid})


def dropping(connection: Connection) -> list[str]:
    """Give the statements that drop all that `contents` names."""
    schemas = [f"DROP SCHEMA IF EXISTS {name} CASCADE" for name in connection.scalars(text(_SCHEMAS))]
    things = [
        f"DROP {str(_KINDS.get(row.type, row.type)).upper()} IF EXISTS {row.identity} CASCADE"
        for row in connection.execute(text(_THINGS))
    ]
    return [*schemas, *things]


_KINDS = {"composite type": "type", "statistics object": "statistics"}


def _clauses(said: Mapping[str, Any]) -> str:
    """Give the clauses of CREATE DATABASE, by what the server's version has."""
    clauses: dict[str, str | None] = {
        "ENCODING": said["encoding"],
        "LC_COLLATE": said.get("datcollate"),
        "LC_CTYPE": said.get("datctype"),
    }
    provider = {"i": "icu", "b": "builtin"}.get(said.get("datlocprovider") or "")
    if provider:
        clauses["LOCALE_PROVIDER"] = provider
        # PostgreSQL 15 and 16 call it daticulocale, 17 datlocale.
        clauses[f"{provider.upper()}_LOCALE"] = said.get("datlocale") or said.get("daticulocale")
        clauses["ICU_RULES"] = said.get("daticurules")
    told = [f"{name} {_literal(str(value))}" for name, value in clauses.items() if value]
    return " ".join(["TEMPLATE template0", *told]).replace(":", "\\:")


def _set_for(name: str, key: str, setting: str) -> str:
    # The catalogue keeps a list of names with its quotes, which as one literal would be one name.
    value = setting if key in _LISTS and setting else _literal(setting)
    return f"ALTER DATABASE {_quoted(name)} SET {_quoted(key) if '.' not in key else key} TO {value}"


_LISTS = ("search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries")


def _drop_for_certain(beside: Connection, name: str) -> None:
    if _version(beside) >= _FORCE_SINCE:
        beside.execute(text(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)"))
    else:
        beside.execute(text(_END_SESSIONS), {"name": name})
        beside.execute(text(f"DROP DATABASE IF EXISTS {_quoted(name)}"))


def _version(connection: Connection) -> tuple[int | str, ...]:
    return connection.dialect.server_version_info or ()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
