"""PostgreSQL's audit triggers.

Each calls a function that belongs to whoever installed it, so that an account needs no right to the log to be
noted there, and can't write into it by itself. Functions find everything in the schema that the log is in,
and whatever settings a session has, values are written alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Column, Table, text
from sqlalchemy.dialects import postgresql

from colonnade.dialects.acting import Acting
from colonnade.dialects.auditing import KEY_LENGTH, LOG, REFUSAL, TAG, Audited, Catalogue, Made
from colonnade.dialects.contract import object_name
from colonnade.dialects.entries import Writer, into_log

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect
    from sqlalchemy.engine.interfaces import DBAPIConnection

_dialect: Any = postgresql.dialect
_quote = _dialect(paramstyle="named").identifier_preparer

_ACTING = "(SELECT nullif(current_setting('colonnade.actor', true), '')::json AS acting) AS state"
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
SHORTENS_KEYS = True
TOLD_INSIDE = True
TELLING = "set_config('colonnade.actor'"


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


def telling(statement: str, kind: str, parameters: Any, acting: Acting) -> tuple[str, Any]:
    """Let the statement set the actor, for itself; what it sets is evaluated before a trigger fires.

    A WITH wouldn't do: one that nothing refers to isn't run.
    """
    setting = as_setting(acting)
    given: Any
    if isinstance(parameters, dict):
        place, given = "%(colonnade_actor)s", {**parameters, "colonnade_actor": setting}
    else:
        place, given = f"${len(parameters) + 1}", (*parameters, setting)
    call = f"{TELLING}, {place}, true)"
    head, returning, rest = statement.rpartition(" RETURNING ")
    if kind == "insert":
        return f"{statement}{',' if returning else ' RETURNING'} {call}", given
    told = f" AND (SELECT {call}) IS NOT NULL"
    return (f"{head}{told}{returning}{rest}" if returning else statement + told), given


def forget(connection: Connection) -> None:
    """Nothing: it ends with the transaction."""


def forget_raw(connection: DBAPIConnection) -> None:
    """Take back what was set outside a transaction."""
    cursor = connection.cursor()
    cursor.execute(f"SELECT {TELLING}, '', false)")
    cursor.close()


READS_UNCOMMITTED = False


def await_writers(connection: Connection, patience_s: float) -> bool:
    """Wait for all transactions that have a number by now; entries of later ones have higher ids."""
    ends = monotonic() + patience_s
    running = connection.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::numeric"))
    oldest = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::numeric")
    while connection.scalar(oldest) < running:
        if monotonic() >= ends:
            return False
        connection.exec_driver_sql("SELECT pg_sleep(0.02)")
    return True


def allow_pruning(connection: Connection, allowed: bool) -> None:
    """Say so in a setting of the transaction."""
    value = "on" if allowed else ""
    connection.exec_driver_sql(f"SELECT set_config('colonnade.pruning', '{value}', true)")


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
        _truncation(table, writer),
    ]


def writer(audited: Audited, dialect: Dialect, schema: str = "") -> Writer:
    """Give what writes SQL about the rows of a table."""
    return _Writer(audited, dialect, schema)


def missing_right(connection: Connection, tables: Sequence[Table], schema: str) -> str | None:
    """Give the GRANT for functions in the log's schema, or for triggers of a table."""
    account = _quote.quote(str(connection.scalar(text("SELECT current_user"))))
    may_create = text("SELECT has_schema_privilege(:schema, 'CREATE')")
    if not connection.scalar(may_create, {"schema": schema}):
        return f"GRANT CREATE ON SCHEMA {_quote.quote(schema)} TO {account}"
    may_trigger = text(
        "SELECT has_table_privilege(oid, 'TRIGGER') FROM pg_class WHERE oid = to_regclass(:name)"
    )
    for table in tables:
        name = _quote.format_table(table)
        if connection.scalar(may_trigger, {"name": name}) is False:
            return f"GRANT TRIGGER ON {name} TO {account}"
    return None


def reading(kind: str) -> tuple[Callable[[Any], Any], Any]:
    """Give what makes of JSON what the driver gives for a type of this name."""
    if kind.endswith("[]"):
        element = _KINDS.get(kind.removesuffix("[]").strip(), (_same, None))[0]
        return lambda said: _each(said, element), None
    return _KINDS.get(kind, (_same, None))


def _same(said: Any) -> Any:
    return said


def _each(said: Any, convert: Callable[[Any], Any]) -> Any:
    if isinstance(said, list):
        return [_each(one, convert) for one in said]
    return None if said is None else convert(said)


def _whole(said: Any) -> int:
    return int(said)


def _truth(said: Any) -> bool:
    return said if isinstance(said, bool) else said in ("t", "true")


def _document(said: Any) -> Any:
    if isinstance(said, dict) and len(said) == 1 and "$json" in said:
        return said["$json"]
    return said


def _duration(said: str) -> timedelta:
    """Read ISO 8601's P1Y2M3DT4H5M6.7S, a month being 30 days and a year 365, as the drivers have it."""
    found, is_time = timedelta(), False
    for sign, number, unit in _PARTS.findall(said):
        if unit == "T":
            is_time = True
            continue
        one = _UNITS["minutes" if unit == "M" and is_time else unit]
        found += one * float(sign + number) if "." in number else one * int(sign + number)
    return found


_PARTS = re.compile(r"(-?)(\d*\.?\d*)([TYMWDHS])")
_UNITS = {
    "Y": timedelta(days=365),
    "M": timedelta(days=30),
    "W": timedelta(weeks=1),
    "D": timedelta(days=1),
    "H": timedelta(hours=1),
    "minutes": timedelta(minutes=1),
    "S": timedelta(seconds=1),
}
# With the number of the type, by which SQLAlchemy's numbers choose how to read it.
_KINDS: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    **dict.fromkeys(("SMALLINT", "INTEGER", "BIGINT", "SERIAL", "BIGSERIAL", "SMALLSERIAL"), (_whole, 23)),
    **dict.fromkeys(("REAL", "FLOAT", "DOUBLE PRECISION"), (float, 701)),
    **dict.fromkeys(("NUMERIC", "DECIMAL"), (Decimal, 1700)),
    **dict.fromkeys(
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITHOUT TIME ZONE"), (datetime.fromisoformat, None)
    ),
    **dict.fromkeys(("TIME WITHOUT TIME ZONE", "TIME WITH TIME ZONE"), (time_of_day.fromisoformat, None)),
    "BOOLEAN": (_truth, None),
    "DATE": (date.fromisoformat, None),
    "UUID": (UUID, None),
    "INTERVAL": (_duration, None),
    "JSON": (_document, None),
    "JSONB": (_document, None),
}


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
            strange = f"btrim({said}) = 'null' OR strpos({said}, {TAG}) > 0 OR strpos({said}, 'u0024') > 0"
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
        return f"{self._into_log(columns, values)} FROM {_ACTING}"

    @property
    def named_table(self) -> str:
        return str(_quote.format_table(self.table))

    @property
    def log(self) -> str:
        return f"{_quote.quote(self.schema)}.{LOG}" if self.schema else LOG

    def source(self, rows: str) -> str:
        return f"FROM {rows} CROSS JOIN {_ACTING}"

    def taken_away(self) -> tuple[str, str]:
        """Give what notes all rows of a table, before and after its name."""
        values = self.values("'DELETE'", "DELETE", "gone", self.image("gone"))
        head = self._into_log(", ".join(values), ", ".join(values.values()))
        return head, f" AS gone, {_ACTING}"

    def _into_log(self, columns: str, values: str) -> str:
        return into_log(f"{_quote.quote(self.schema)}.", columns, values)

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


def _truncation(table: Table, writer: _Writer) -> Made:
    """Give what notes the rows that a TRUNCATE takes away: it fires no trigger for a row.

    A partition may be truncated by itself, so each has the trigger; its table's own notes the rows of those
    that were made since, and have none.
    """
    place = f"{_quote.quote(writer.schema)}."
    name = object_name("audit_truncate", table.name)
    function, trigger = f"{place}{_quote.quote(name)}", f"Z_{name}"
    head, tail = writer.taken_away()
    has_own = f"EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relid AND tgname = {writer.literal(trigger)})"
    body = (
        f"DECLARE part oid; BEGIN FOR part IN SELECT TG_RELID UNION SELECT relid FROM"
        f" pg_partition_tree(TG_RELID) WHERE isleaf AND relid <> TG_RELID AND NOT {has_own}"
        f" LOOP EXECUTE $sql${head} FROM ONLY $sql$ || part::regclass || $sql${tail}$sql$; END LOOP;"
        f" RETURN NULL; END"
    )
    call = f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
    event = f"CREATE OR REPLACE TRIGGER {_quote.quote(trigger)} BEFORE TRUNCATE ON"
    on_parts = (
        f"DO $do$ DECLARE part regclass; BEGIN FOR part IN SELECT relid FROM"
        f" pg_partition_tree({writer.literal(_quote.format_table(table))}) WHERE isleaf AND level > 0"
        f" LOOP EXECUTE {writer.literal(event + ' ')} || part || {writer.literal(' ' + call)};"
        f" END LOOP; END $do$"
    )
    create = (
        _function(function, body, writer.settings),
        f"{event} {_quote.format_table(table)} {call}",
        on_parts,
    )
    return Made(name, table.name, create, (f"DROP FUNCTION IF EXISTS {function}() CASCADE",), body)


def _function(name: str, body: str, settings: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        f" SET search_path = pg_catalog, pg_temp{settings} AS $colonnade$ {body} $colonnade$"
    )
