"""PostgreSQL's audit triggers.

Each calls a function that belongs to whoever installed it, so that an account needs no right to the log to be
noted there, and can't write into it by itself. Functions find everything in the schema that the log is in,
and whatever settings a session has, values are written alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table, text
from sqlalchemy.dialects import postgresql

from colonnade.dialects.acting import Acting
from colonnade.dialects.auditing import KEY_LENGTH, LOG, REFUSAL, Audited, Catalogue, Made
from colonnade.dialects.contract import object_name
from colonnade.dialects.entries import Writer, into_log

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect
    from sqlalchemy.engine.interfaces import DBAPIConnection

_dialect: Any = postgresql.dialect
_quote = _dialect(paramstyle="named").identifier_preparer

_PLAIN = frozenset({"SMALLINT", "INTEGER", "BIGINT", "SERIAL", "BIGSERIAL", "SMALLSERIAL", "BOOLEAN"})
_FLOATS = frozenset({"REAL", "FLOAT", "DOUBLE PRECISION"})
_QUOTED = frozenset({"NUMERIC", "DECIMAL"})
_SAID_BY_JSON = frozenset(
    {"VARCHAR", "TEXT", "CHAR", "UUID", "DATE", "TIMESTAMP WITHOUT TIME ZONE", "TIME WITHOUT TIME ZONE"}
)
_SMALL = _PLAIN | _FLOATS | {"UUID", "DATE", "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH TIME ZONE"}
_SETTINGS = (
    "SET extra_float_digits = 1 SET DateStyle = 'ISO' SET IntervalStyle = 'iso_8601' SET TimeZone = 'UTC'"
    " SET bytea_output = 'hex' SET xmlbinary = 'base64'"
)
"""What the text of some types depends on."""


CARRIES = False
NAMES_TRANSACTIONS = False
SETTING = "colonnade.actor"
TELLING = f"set_config('{SETTING}'"


def may_write(statement: str) -> bool:
    """Nothing can be told by a statement's first word: a SELECT may call what writes."""
    return True


def tell(connection: Connection, acting: Acting, lasting: bool) -> None:
    """Set the actor to the end of the transaction, or to when the connection goes back to the pool."""
    place = "$1" if connection.dialect.paramstyle == "numeric_dollar" else "%s"
    ending = "false" if lasting else "true"
    connection.exec_driver_sql(f"SELECT {TELLING}, {place}, {ending})", (as_setting(acting),))


def as_setting(acting: Acting) -> str:
    """Give the actor as the setting holds it; empty where nobody acts."""
    if acting.user_id is None and acting.context is None:
        return ""
    name = json.dumps(acting.user_id)
    return f'{{"user_id":{name}' + (f',"context":{acting.context}}}' if acting.context else "}")


def forget(connection: Connection) -> None:
    """Nothing: it ends with the transaction."""


def forget_raw(connection: DBAPIConnection) -> None:
    """Take back what was set outside a transaction."""
    cursor = connection.cursor()
    cursor.execute(f"SELECT {TELLING}, '', false)")
    cursor.close()


def support(schema: str) -> Sequence[Made]:
    """Give what keeps the entries as they are."""
    body = (
        f"BEGIN IF current_setting('colonnade.pruning', true) = 'on' THEN"
        f" IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF;"
        f" RAISE EXCEPTION '{REFUSAL}'; END"
    )
    place = f"{_quote.quote(schema)}."
    function = f"{place}{LOG}_keep"
    create = _function(function, body, "")
    rows = f"CREATE OR REPLACE TRIGGER {LOG}_keep BEFORE UPDATE OR DELETE ON {place}{LOG} FOR EACH ROW"
    all_rows = f"CREATE OR REPLACE TRIGGER {LOG}_keep_all BEFORE TRUNCATE ON {place}{LOG} FOR EACH STATEMENT"
    call = f" EXECUTE FUNCTION {function}()"
    drop = (f"DROP FUNCTION IF EXISTS {function}() CASCADE",)
    return [Made(f"{LOG}_keep", LOG, (create, rows + call, all_rows + call), drop, body)]


def objects(table: Table, audited: Catalogue, dialect: Dialect, schema: str) -> Sequence[Made]:
    """Give the functions of a table, each with its trigger; none for one that isn't audited."""
    if table not in audited:
        return []
    writer = _Writer(audited[table], dialect, schema)
    changed = f" WHEN ({writer.changed()})"
    return [
        _made("insert", table, "AFTER INSERT", writer, writer.inserted()),
        _made("delete", table, "AFTER DELETE", writer, writer.deleted()),
        _made("update", table, "AFTER UPDATE", writer, writer.updated(), changed),
    ]


def writer(audited: Audited, dialect: Dialect, schema: str = "") -> Writer:
    """Give what writes SQL about the rows of a table."""
    return _Writer(audited, dialect, schema)


def installed(connection: Connection) -> dict[str, str]:
    """Give the text of each function that a trigger calls, by the function's name."""
    query = (
        "SELECT p.proname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
    )
    return {str(name): str(source) for name, source in connection.execute(text(query))}


class _Writer(Writer):
    def __init__(self, audited: Audited, dialect: Dialect, schema: str) -> None:
        super().__init__(audited, dialect)
        self.schema = schema
        self.settings = "" if all(self._is_sure(one) for one in audited.columns) else f" {_SETTINGS}"

    def concat(self, parts: Sequence[str]) -> str:
        return f"({' || '.join(parts)})"

    def literal(self, text: str) -> str:
        # With a backslash, what it means depends on a setting, unless E says so.
        quoted = text.replace("'", "''")
        return f"E'{quoted}'".replace("\\", "\\\\") if "\\" in quoted else f"'{quoted}'"

    def named(self, row: str, column: Column[Any]) -> str:
        return f"{row}.{_quote.quote(column.name)}"

    def encoded(self, column: Column[Any], name: str) -> str:
        return f"coalesce({self._encoded(self.kind(column), name)}, 'null')"

    def _encoded(self, kind: str, name: str) -> str:
        if kind in _PLAIN:
            return f"{name}::text"
        if kind in _FLOATS:
            odd = f"""'{{"$float":"' || {name}::text || '"}}'"""
            return f"CASE WHEN {name} IN ('NaN', 'Infinity', '-Infinity') THEN {odd} ELSE {name}::text END"
        if kind in _QUOTED:
            return f"""'"' || {name}::text || '"'"""
        if kind == "BYTEA":
            return f"""'{{"$bytes":"' || encode({name}, 'hex') || '"}}'"""
        if kind in ("JSON", "JSONB"):
            said = f"{name}::text"
            strange = f"btrim({said}) = 'null' OR strpos({said}, '$json') > 0 OR strpos({said}, 'u0024') > 0"
            return f"""CASE WHEN {strange} THEN '{{"$json":' || {said} || '}}' ELSE {said} END"""
        if kind == "TIMESTAMP WITH TIME ZONE":
            said = f"to_json({name} AT TIME ZONE 'UTC')::text"
            return f"""CASE WHEN isfinite({name}) THEN rtrim({said}, '"') || '+00:00"' ELSE {said} END"""
        if kind in _SAID_BY_JSON:
            return f"to_json({name})::text"
        return f"to_json({name}::text[])::text" if kind.endswith("[]") else f"to_json({name}::text)::text"

    def _is_sure(self, column: Column[Any]) -> bool:
        """Tell whether a value's text depends on no setting."""
        kind = self.kind(column)
        known = _PLAIN | _QUOTED | _SAID_BY_JSON | {"BYTEA", "JSON", "JSONB", "TIMESTAMP WITH TIME ZONE"}
        return kind in known

    def capped(self, column: Column[Any], name: str, encoded: str) -> str:
        kind = self.kind(column)
        if kind in _SMALL:
            return encoded
        content = name if kind == "BYTEA" else f"convert_to({name}::text, 'UTF8')"
        size = f"octet_length({name})" if kind == "BYTEA" else f"octet_length({name}::text)"
        digest = f"encode(sha256({content}), 'hex')"
        cut = f"""'{{"$cut":{{"length":' || {size} || ',"sha256":"' || {digest} || '"}}}}'"""
        return f"CASE WHEN {size} > {self.audited.cap} THEN {cut} ELSE {encoded} END"

    def differs(self, column: Column[Any]) -> str:
        # By the bytes stored: a type's own equality knows no case, or no trailing zero, or isn't there.
        old, new = self.named("OLD", column), self.named("NEW", column)
        return f"pg_catalog.record_image_ne(ROW({old}), ROW({new}))"

    def number(self, name: str) -> str:
        return name

    def shortened(self, key: str) -> str:
        if all(self.kind(one) in _PLAIN or self.kind(one) == "UUID" for one in self.audited.keys):
            return key
        start = f"left({key}, {KEY_LENGTH - 40})"
        return f"CASE WHEN length({key}) > {KEY_LENGTH} THEN {start} || '#' || md5({key}) ELSE {key} END"

    def circumstances(self) -> Mapping[str, str]:
        return {
            "user_id": "state.acting ->> 'user_id'",
            "context": "state.acting -> 'context'",
            "transaction_id": "pg_current_xact_id()::text",
            "db_user": "session_user",
            "timestamp": "statement_timestamp()",
        }

    def insertion(self, columns: str, values: str) -> str:
        log = into_log(f"{_quote.quote(self.schema)}.", columns, values)
        acting = f"nullif(current_setting('{SETTING}', true), '')::json"
        return f"{log} FROM (SELECT {acting} AS acting) AS state"

    def values(
        self, action: str, operation: str, row: str, changes: str, previous: str = "NULL"
    ) -> dict[str, str]:
        found = super().values(action, operation, row, changes, previous)
        return {**found, "changes": f"({found['changes']})::json"}


def _made(kind: str, table: Table, event: str, writer: _Writer, entry: str, condition: str = "") -> Made:
    place = f"{_quote.quote(writer.schema)}."
    name = object_name(f"audit_{kind}", table.name)
    function = f"{place}{_quote.quote(name)}"
    body = f"BEGIN {entry}; RETURN NULL; END"
    # Behind the triggers of foreign keys, whose names start with RI, and before a user's: what those do to
    # the row is noted after what was done before.
    trigger = (
        f"CREATE OR REPLACE TRIGGER {_quote.quote(f'Z_{name}')} {event} ON {_quote.format_table(table)}"
        f" FOR EACH ROW{condition} EXECUTE FUNCTION {function}()"
    )
    create = (_function(function, body, writer.settings), trigger)
    return Made(name, table.name, create, (f"DROP FUNCTION IF EXISTS {function}() CASCADE",), body)


def _function(name: str, body: str, settings: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        f" SET search_path = pg_catalog, pg_temp{settings} AS $colonnade$ {body} $colonnade$"
    )
