"""SQLite's audit triggers.

A value's form in the log goes by what is stored, since a column takes anything. There is no session to keep
the actor in: it's in a table of one row, which a write transaction fills and empties again before its end, so
that nobody else ever sees it filled. Functions of the application's own would serve as well, until
another program writes: it lacks them, and its INSERT would fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import sqlite

from colonnade.dialects.acting import NOBODY, Acting
from colonnade.dialects.auditing import LOG, REFUSAL, STATE, Audited, Catalogue, Made
from colonnade.dialects.contract import TOUCHED, object_name
from colonnade.dialects.entries import Writer, into_log
from colonnade.dialects.sqlite.triggers import moved, touching
from colonnade.dialects.sqlite.types import UTC_NOW
from colonnade.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect
    from sqlalchemy.engine.interfaces import DBAPIConnection

_quote = sqlite.dialect(paramstyle="named").identifier_preparer


CARRIES = False
NAMES_TRANSACTIONS = True
TELLING = f"{STATE} SET user_id"

_WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH")


def may_write(statement: str) -> bool:
    """Tell it by the first word: no function of SQLite's writes."""
    return statement.lstrip("( \t\r\n")[:7].upper().startswith(_WRITING) or statement.startswith(("--", "/*"))


def tell(connection: Connection, acting: Acting, lasting: bool) -> None:
    """Put the actor into its table; outside a transaction others would see it there, and nothing is done."""
    if not lasting and _is_there(connection):
        values = (acting.user_id, acting.context, acting.transaction_id)
        connection.exec_driver_sql(
            f"UPDATE {TELLING} = ?, context = ?, transaction_id = ? WHERE id = 1", values
        )


def forget(connection: Connection) -> None:
    """Empty the table again, in the same transaction."""
    if _is_there(connection):
        tell(connection, NOBODY, False)


def forget_raw(connection: DBAPIConnection) -> None:
    """Nothing: it ended with the transaction."""


def _is_there(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql(f"SELECT 1 FROM sqlite_master WHERE name = '{STATE}'").scalar())


def support(schema: str) -> Sequence[Made]:
    """Give the row for the actor, and what keeps the entries as they are."""
    row = f"INSERT OR IGNORE INTO {STATE} (id) VALUES (1)"
    state = Made(STATE, STATE, (row,), (), "")
    return [state, *(_keeper(action) for action in ("UPDATE", "DELETE"))]


def _keeper(action: str) -> Made:
    pruning = f"SELECT 1 FROM {STATE} WHERE pruning = 1"
    body = f"SELECT RAISE(ABORT, '{REFUSAL}') WHERE NOT EXISTS ({pruning})"
    return _trigger(f"{LOG}_keep_{action.lower()}", LOG, f"BEFORE {action}", "", body)


def objects(table: Table, audited: Catalogue, dialect: Dialect, schema: str) -> Sequence[Made]:
    """Give the triggers of a table; none for one that isn't audited.

    Raises:
        ConfigurationError: for a table of an attached file, whose triggers reach no log in another.
    """
    if table not in audited:
        return []
    if table.schema:
        raise ConfigurationError(f"{table.fullname} is in an attached file, and can't be audited from there")
    writer = _Writer(audited[table], dialect)
    return [
        _made("insert", table, "AFTER INSERT", "", writer.inserted()),
        _made("delete", table, "AFTER DELETE", "", writer.deleted()),
        _made("update", table, "AFTER UPDATE", writer.condition(), writer.updated()),
        *(_touch(table, column) for column in writer.touched),
    ]


def writer(audited: Audited, dialect: Dialect) -> Writer:
    """Give what writes SQL about the rows of a table."""
    return _Writer(audited, dialect)


def installed(connection: Connection) -> dict[str, str]:
    """Give the text of each trigger and table by its name."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {str(name): str(text) for name, text in rows}


class _Writer(Writer):
    @property
    def touched(self) -> list[Column[Any]]:
        """The logged columns that a trigger moves with every UPDATE, by an UPDATE of its own."""
        return [one for one in self.audited.columns if one.info.get(TOUCHED)]

    def concat(self, parts: Sequence[str]) -> str:
        return f"({' || '.join(parts)})"

    def literal(self, text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    def named(self, row: str, column: Column[Any]) -> str:
        return f"{row}.{_quote.quote(column.name)}"

    def encoded(self, column: Column[Any], name: str) -> str:
        kind, text, number = self.kind(column), f"json_quote({name})", f"CAST({name} AS TEXT)"
        if kind in ("JSON", "JSONB"):
            strange = f"trim({name}) = 'null' OR instr({name}, '$json') OR instr({name}, 'u0024')"
            text = (
                f"CASE WHEN NOT json_valid({name}) THEN {self._tagged('$text', text)}"
                f" WHEN {strange} THEN {self._tagged('$json', name)} ELSE {name} END"
            )
        elif kind in ("BOOLEAN", "BOOL"):
            number = f"CASE {name} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE {number} END"
        digits = self.concat(["'\"'", f"lower(hex({name}))", "'\"'"])
        return (
            f"CASE typeof({name}) WHEN 'null' THEN 'null' WHEN 'integer' THEN {number}"
            f" WHEN 'real' THEN {self._float(name)} WHEN 'text' THEN {text}"
            f" ELSE {self._tagged('$bytes', digits)} END"
        )

    def capped(self, column: Column[Any], name: str, encoded: str) -> str:
        cut = self._tagged("$cut", self._tagged("length", f"length(CAST({name} AS BLOB))"))
        large = f"length({name}) > {self.audited.cap} AND typeof({name}) IN ('text', 'blob')"
        return f"CASE WHEN {large} THEN {cut} ELSE {encoded} END"

    def differs(self, column: Column[Any]) -> str:
        old, new = self.named("OLD", column), self.named("NEW", column)
        # IS takes a number for an equal one of another type, and compares text by the column's collation.
        differs = f"{old} IS NOT {new} COLLATE BINARY OR typeof({old}) <> typeof({new})"
        return f"({differs} OR {old} IS {new})" if column.info.get(TOUCHED) else f"({differs})"

    def number(self, name: str) -> str:
        return f"CASE typeof({name}) WHEN 'integer' THEN {name} END"

    def shortened(self, key: str) -> str:
        return key

    def circumstances(self) -> Mapping[str, str]:
        return {
            "user_id": "state.user_id",
            "context": "state.context",
            # Where nobody told of a transaction, what one statement does is tied together by its clock.
            "transaction_id": f"coalesce(state.transaction_id, 'statement ' || {UTC_NOW})",
            "db_user": "NULL",
            "timestamp": UTC_NOW,
        }

    def insertion(self, columns: str, values: str) -> str:
        return f"{into_log('', columns, values)} FROM (SELECT 1) LEFT JOIN {STATE} AS state ON state.id = 1"

    def new_value(self, column: Column[Any]) -> str:
        value, old, new = self.value(column, "NEW"), self.named("OLD", column), self.named("NEW", column)
        if column not in self.touched or column.name in self.audited.redacted:
            return value
        return f"CASE WHEN {new} IS {old} THEN json_quote({moved(old)}) ELSE {value} END"

    def condition(self) -> str:
        """Give the WHEN of the UPDATE trigger; what moves a stamp is part of the change before."""
        quiet = f" AND NOT EXISTS (SELECT 1 FROM {STATE} WHERE touching = 1)" if self.touched else ""
        return f"WHEN ({self.changed()}){quiet}"

    def _tagged(self, tag: str, value: str) -> str:
        return self.concat([f"""'{{"{tag}":'""", value, "'}'"])

    def _float(self, name: str) -> str:
        """Give a float in as many digits as make it the same again, and in few where SQLite can tell that.

        Far from 1 its own reading of text is off in the last bit (3.40), and can't tell.
        """
        short = f"printf('%!.15g', {name})"
        infinite = [self._tagged("$float", f"""'"{sign}Infinity"'""") for sign in ("", "-")]
        is_short = f"abs({name}) BETWEEN 1e-15 AND 1e15 AND CAST({short} AS REAL) = {name}"
        return (
            f"CASE WHEN {name} = 9e999 THEN {infinite[0]} WHEN {name} = -9e999 THEN {infinite[1]}"
            f" WHEN {name} = 0 OR {is_short} THEN {short} ELSE printf('%!.20g', {name}) END"
        )


def _touch(table: Table, column: Column[Any]) -> Made:
    """Give the trigger that moves a stamp, in place of the usual one: its UPDATE isn't noted by itself."""
    stamp = _quote.quote(column.name)
    body = f"UPDATE {STATE} SET touching = 1; {touching(table, column)}; UPDATE {STATE} SET touching = 0"
    name = object_name("touch", table.name)
    return _trigger(name, table.name, "AFTER UPDATE", f"WHEN NEW.{stamp} IS OLD.{stamp}", body)


def _made(kind: str, table: Table, event: str, condition: str, body: str) -> Made:
    return _trigger(object_name(f"audit_{kind}", table.name), table.name, event, condition, body)


def _trigger(name: str, table: str, event: str, condition: str, body: str) -> Made:
    quoted = _quote.quote(name)
    rest = f"{condition} BEGIN {body}; END".lstrip()
    create = f"CREATE TRIGGER {quoted} {event} ON {_quote.quote(table)} {rest}"
    drop = f"DROP TRIGGER IF EXISTS {quoted}"
    return Made(name, table, (drop, create), (drop,), rest)
