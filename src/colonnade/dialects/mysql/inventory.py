"""Everything that a schema of MySQL or MariaDB has.

Of each table `SHOW CREATE TABLE` is taken apart: information_schema lacks periods, parsers of full-text
indexes, block sizes, folders and engine options, and 30 statements of 0.1 ms are cheaper than its ten
queries that open every table. Views, triggers, routines and events come from information_schema, which shows
an account what it has a right to and nothing of the rest: the rights are looked at first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import column, select, table, text
from sqlalchemy.exc import DBAPIError

from colonnade.dialects.mysql.clauses import sequence_clauses, table_text
from colonnade.dialects.values import Item
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Access denied: to a database, a table, a column, an operation or a routine.
_FORBIDDEN = (1044, 1142, 1143, 1227, 1370)
_SEEING_ROUTINES = ("EXECUTE", "ALTER ROUTINE", "CREATE ROUTINE", "SHOW ROUTINE", "SHOW CREATE ROUTINE")
_NAMED = r"(?:\*|`(?:[^`]|``)*`)"
_GRANT = re.compile(rf"GRANT (.+?) ON (?:TABLE |PROCEDURE |FUNCTION )?({_NAMED}\.{_NAMED}) TO ")
_WILD = {"%": ".*", "_": "."}
_SPATIAL = ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon")

Row = Mapping[str, Any]


def read(connection: Connection, schemas: Sequence[str] = ()) -> Iterable[Item]:
    """Give everything; a schema is a database of the connected server."""
    own = tuple(schemas) or (_current(connection),)
    for schema in own:
        yield from _Schema(connection, schema, "" if schema == own[0] else f"{schema}.").items()


class _Schema:
    """One database of the server."""

    def __init__(self, connection: Connection, schema: str, prefix: str) -> None:
        self._connection = connection
        self._schema = schema
        self._prefix = prefix
        # Its own name before a table's; what stands in a string is left alone.
        self._own = re.compile(r"('(?:[^'\\]|\\.|'')*')|" + re.escape(_quoted(schema)) + r"\.")

    def items(self) -> Iterator[Item]:
        found = self._rows(_DATABASE)
        if not found:
            raise MigrationError(f"there is no database {self._schema!r}, or the account has no right in it")
        yield self._item("environment", "", "database", _said(found[0], "charset collation"))
        self._check_rights()
        yield from self._tables()
        yield from self._views()
        yield from self._triggers()
        yield from self._routines()
        yield from self._events()

    def _item(self, kind: str, table: str, name: str, clauses: Mapping[str, str]) -> Item:
        """Make an item; what stands by itself has the prefix in its name, all else in its table's."""
        if table:
            return Item(kind, self._prefix + table, name, clauses)
        return Item(kind, "", self._prefix + name, clauses)

    def _environment(self, table: str, name: str, row: Row, names: str) -> Item:
        return self._item("environment", table, name, _said(row, names))

    def _tables(self) -> Iterator[Item]:
        for row in self._rows(_TABLES):
            if row["type"] == "SEQUENCE":
                yield from self._sequence(row["name"])
            elif row["type"] in ("BASE TABLE", "SYSTEM VERSIONED"):
                found = table_text(row["name"], self._shown("TABLE", row["name"]))
                is_spatial = any(item.clauses["type"].startswith(_SPATIAL) for item in found.columns)
                for item in found.items(self._reference_systems if is_spatial else {}):
                    yield self._item(item.kind, item.table, item.name, item.clauses)

    def _sequence(self, name: str) -> Iterator[Item]:
        yield self._item("sequence", "", name, sequence_clauses(self._shown("SEQUENCE", name)))
        numbered = table(name, column("next_not_cached_value"), schema=self._schema)
        with self._explained():
            following = self._connection.scalar(select(numbered.c.next_not_cached_value))
        yield self._item("counter", "", name, {"next": str(following)})

    def _views(self) -> Iterator[Item]:
        for row in self._rows(_VIEWS.format(algorithm="ALGORITHM" if self._is_mariadb else "NULL")):
            if not row["definition"]:
                raise self._hidden(f"the text of the view {row['name']}", "SHOW VIEW")
            definition = self._own.sub(lambda match: match[1] or "", row["definition"])
            clauses = {"definition": definition, **_said(row, "check_option security algorithm")}
            yield self._item("view", "", row["name"], clauses)
            yield self._environment("", f"view {row['name']}", row, "definer charset collation")

    def _triggers(self) -> Iterator[Item]:
        for row in self._rows(_TRIGGERS):
            yield self._item("trigger", row["table"], row["name"], _said(row, "timing event position body"))
            name = f"trigger {row['name']}"
            yield self._environment(row["table"], name, row, "definer sql_mode charset collation")

    def _routines(self) -> Iterator[Item]:
        arguments: dict[tuple[str, str], list[str]] = {}
        for row in self._rows(_PARAMETERS):
            argument = " ".join(row[part] for part in ("mode", "name", "type") if row[part])
            arguments.setdefault((row["kind"], row["routine"]), []).append(argument)
        for row in self._rows(_ROUTINES):
            kind, name = str(row["kind"]).lower(), row["name"]
            if row["body"] is None:
                grant = "SELECT ON mysql.proc" if self._is_mariadb else "SHOW_ROUTINE ON *.*"
                raise self._hidden(f"the text of the {kind} {name}", grant)
            said = _said(row, "returns body deterministic data security comment")
            given = ", ".join(arguments.get((row["kind"], name), ()))
            yield self._item(kind, "", name, {"arguments": given, **said})
            yield self._environment("", f"{kind} {name}", row, "definer sql_mode charset collation")

    def _events(self) -> Iterator[Item]:
        for row in self._rows(_EVENTS):
            names = "at every ends body status on_completion comment"
            yield self._item("event", "", row["name"], _said(row, names))
            # Without STARTS an event starts when it's made, and then looks as if that had been asked for.
            names = "starts time_zone definer sql_mode charset collation"
            yield self._environment("", f"event {row['name']}", row, names)

    @cached_property
    def _reference_systems(self) -> dict[tuple[str, str], str]:
        """Give the SRID of each spatial column that has one; SHOW CREATE on MariaDB doesn't."""
        if not self._is_mariadb:
            return {}
        return {(row["relation"], row["name"]): str(row["srid"]) for row in self._rows(_SPATIAL_COLUMNS)}

    def _check_rights(self) -> None:
        """Refuse to read where information_schema would leave things out without a word."""
        held = rights(self._connection, self._schema)
        if "ALL PRIVILEGES" in held:
            return
        for right, what in (("SELECT", "tables"), ("TRIGGER", "triggers"), ("EVENT", "events")):
            if right not in held:
                raise self._hidden(f"the {what} of {self._schema}", right)
        if not held & {*_SEEING_ROUTINES, "SELECT ON ROUTINES"}:
            grant = "SELECT ON mysql.proc" if self._is_mariadb else "SHOW_ROUTINE ON *.*"
            raise self._hidden(f"the procedures and functions of {self._schema}", grant)

    def _hidden(self, what: str, right: str) -> MigrationError:
        account = self._connection.scalar(text("SELECT CURRENT_USER()"))
        grant = right if " ON " in right else f"{right} ON {_quoted(self._schema)}.*"
        return MigrationError(
            f"the account {account} may not see {what}", remedy=f"GRANT {grant} TO it, or use another account"
        )

    @property
    def _is_mariadb(self) -> bool:
        return bool(getattr(self._connection.dialect, "is_mariadb", False))

    def _name(self, name: str) -> str:
        return f"{_quoted(self._schema)}.{_quoted(name)}"

    def _shown(self, kind: str, name: str) -> str:
        # The drivers format the text: a percent sign in a name stands twice.
        query = f"SHOW CREATE {kind} {self._name(name)}".replace("%", "%%")
        with self._explained():
            return str(self._connection.exec_driver_sql(query).one()[1])

    def _rows(self, query: str) -> Sequence[Row]:
        with self._explained():
            rows = self._connection.execute(text(query), {"schema": self._schema}).mappings().all()
        return cast(Sequence[Row], rows)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say of an error that means a missing right which one that is."""
        try:
            yield
        except DBAPIError as error:
            if error.orig is not None and error.orig.args[:1] and error.orig.args[0] in _FORBIDDEN:
                raise self._hidden(f"all of {self._schema} ({error.orig.args[1]})", "SELECT") from error
            raise


def _said(row: Row, names: str) -> dict[str, str]:
    """Give the named values of a row as clauses, without those that say nothing."""
    return {name.replace("_", " "): str(row[name]) for name in names.split() if row[name] not in (None, "")}


def rights(connection: Connection, schema: str) -> set[str]:
    """Give what the account may do in all of the schema; `SELECT ON ROUTINES` for their own table.

    `SUPER` and `ALL PRIVILEGES ON *` are of the whole server.
    """
    held: set[str] = set()
    for (line,) in connection.execute(text("SHOW GRANTS")):
        if match := re.match(_GRANT, line):
            given = {right.strip().upper() for right in match[1].split(",")}
            if _covers(match[2], schema):
                held |= given
            if given & {"SELECT", "ALL PRIVILEGES"} and match[2] in ("*.*", "`mysql`.*", "`mysql`.`proc`"):
                held.add("SELECT ON ROUTINES")
            if match[2] == "*.*" and "SHOW_ROUTINE" in given:
                held.add("SHOW ROUTINE")
            if match[2] == "*.*" and "ALL PRIVILEGES" in given:
                held.add("ALL PRIVILEGES ON *")
    return held


def _covers(target: str, schema: str) -> bool:
    """Tell whether a grant's target is all of the schema: `*.*`, or `` `pattern`.* ``."""
    if target == "*.*":
        return True
    found = re.fullmatch(r"`((?:[^`]|``)*)`\.\*", target)
    if not found:
        return False
    pattern = ""
    for escaped, one in re.findall(r"\\(.)|(.)", found[1].replace("``", "`")):
        pattern += re.escape(escaped) if escaped else _WILD.get(one) or re.escape(one)
    return re.fullmatch(pattern, schema, re.IGNORECASE) is not None


def _current(connection: Connection) -> str:
    schema = connection.scalar(text("SELECT DATABASE()"))
    if schema is None:
        raise MigrationError("the connection has no database", remedy="Name one in the URL")
    return str(schema)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


_DATABASE = """
SELECT default_character_set_name AS charset, default_collation_name AS collation
FROM information_schema.schemata WHERE schema_name = :schema
"""
_TABLES = """
SELECT table_name AS name, table_type AS type FROM information_schema.tables WHERE table_schema = :schema
"""
_VIEWS = """
SELECT table_name AS name, view_definition AS definition, NULLIF(check_option, 'NONE') AS check_option,
       NULLIF(security_type, 'DEFINER') AS security, NULLIF({algorithm}, 'UNDEFINED') AS algorithm,
       definer AS definer, character_set_client AS charset, collation_connection AS collation
FROM information_schema.views WHERE table_schema = :schema
"""
_TRIGGERS = """
SELECT event_object_table AS `table`, trigger_name AS name, action_timing AS timing,
       event_manipulation AS event, action_order AS position, action_statement AS body,
       definer AS definer, sql_mode AS sql_mode, character_set_client AS charset,
       collation_connection AS collation
FROM information_schema.triggers WHERE trigger_schema = :schema
"""
_PARAMETERS = """
SELECT specific_name AS routine, routine_type AS kind, parameter_mode AS mode, parameter_name AS name,
       CONCAT_WS(' ', dtd_identifier, collation_name) AS type
FROM information_schema.parameters WHERE specific_schema = :schema AND ordinal_position > 0
ORDER BY ordinal_position
"""
_ROUTINES = """
SELECT routine_name AS name, routine_type AS kind,
       CONCAT_WS(' ', dtd_identifier, collation_name) AS returns, routine_definition AS body,
       NULLIF(is_deterministic, 'NO') AS `deterministic`, NULLIF(sql_data_access, 'CONTAINS SQL') AS data,
       NULLIF(security_type, 'DEFINER') AS security, routine_comment AS comment, definer AS definer,
       sql_mode AS sql_mode, character_set_client AS charset, collation_connection AS collation
FROM information_schema.routines WHERE routine_schema = :schema
"""
_EVENTS = """
SELECT event_name AS name, execute_at AS at, CONCAT(interval_value, ' ', interval_field) AS every,
       starts AS starts, ends AS ends, event_definition AS body, NULLIF(status, 'ENABLED') AS status,
       NULLIF(on_completion, 'NOT PRESERVE') AS on_completion, event_comment AS comment,
       time_zone AS time_zone, definer AS definer, sql_mode AS sql_mode, character_set_client AS charset,
       collation_connection AS collation
FROM information_schema.events WHERE event_schema = :schema
"""
_SPATIAL_COLUMNS = """
SELECT g_table_name AS relation, g_geometry_column AS name, srid AS srid
FROM information_schema.geometry_columns WHERE g_table_schema = :schema AND srid <> 0
"""
