"""The audit triggers of MySQL and MariaDB.

A trigger runs as whoever made it, so that an account needs no right to the log to be noted there. No trigger
fires for what a foreign key does to other rows: the triggers of the table that it refers to note it, before
it happens. They read those rows and leave it to the key to change them, since a trigger may not change a
table that the statement is reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table, text
from sqlalchemy.dialects import mysql

from colonnade.dialects.acting import Acting
from colonnade.dialects.auditing import KEY_LENGTH, LOG, REFUSAL, TAG, Audited, Catalogue, Made, document_text
from colonnade.dialects.contract import object_name
from colonnade.dialects.entries import Writer, into_log
from colonnade.dialects.mysql.cascades import Reached, reached_by_delete, reached_by_update
from colonnade.dialects.mysql.inventory import rights
from colonnade.dialects.mysql.types import UTC_NOW

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect
    from sqlalchemy.engine.interfaces import DBAPIConnection

_quote = mysql.dialect(paramstyle="named").identifier_preparer

_NUMBERS = frozenset({"SMALLINT", "INTEGER", "INT", "BIGINT", "TINYINT", "MEDIUMINT", "YEAR", "DOUBLE"})
_QUOTED = frozenset({"NUMERIC", "DECIMAL", "DATE", "TIME"})
_BYTES = frozenset({"BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY"})
_LARGE = frozenset({"BLOB", "MEDIUMBLOB", "LONGBLOB", "TEXT", "MEDIUMTEXT", "LONGTEXT", "JSON"})


CARRIES = True
NAMES_TRANSACTIONS = True
SHORTENS_KEYS = True
TOLD_INSIDE = False
TELLING = "SET @colonnade_user"


def may_write(statement: str) -> bool:
    """Nothing can be told by a statement's first word: a SELECT may call what writes."""
    return True


def tell(connection: Connection, acting: Acting, lasting: bool) -> None:
    """Set the connection's variables, which stay as they are until others are told."""
    values = (acting.user_id, acting.context, acting.transaction_id)
    connection.exec_driver_sql(
        f"{TELLING} = %s, @colonnade_context = %s, @colonnade_transaction = %s", values
    )


def telling(statement: str, kind: str, parameters: Any, acting: Acting) -> tuple[str, Any]:
    raise NotImplementedError  # it can't be told within a statement


def forget(connection: Connection) -> None:
    """Nothing: it stays, and is taken back when the connection goes back to the pool."""


def forget_raw(connection: DBAPIConnection) -> None:
    """Take back what the connection was told."""
    cursor = connection.cursor()
    cursor.execute(f"{TELLING} = NULL, @colonnade_context = NULL, @colonnade_transaction = NULL")
    cursor.close()


READS_UNCOMMITTED = True


def await_writers(connection: Connection, patience_s: float) -> bool:
    """Nobody: what they write can be read meanwhile."""
    return True


def allow_pruning(connection: Connection, allowed: bool) -> None:
    """Say so in a variable of the connection."""
    connection.exec_driver_sql("SET @colonnade_pruning = %s", ("on" if allowed else None,))


def support(schema: str) -> Sequence[Made]:
    """Give what keeps the entries as they are."""
    return [_keeper("UPDATE"), _keeper("DELETE")]


def _keeper(action: str) -> Made:
    body = (
        f"IF coalesce(@colonnade_pruning, '') <> 'on' THEN"
        f" SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{REFUSAL}'; END IF"
    )
    return _trigger(f"{LOG}_keep_{action.lower()}", LOG, "", f"BEFORE {action}", body)


def objects(table: Table, audited: Catalogue, dialect: Dialect, schema: str) -> Sequence[Made]:
    """Give the triggers of a table: for its own rows, and for those that go or change with them."""
    made = []
    if table in audited:
        own = _Writer(audited[table], dialect)
        made += [
            _made("insert", table, "AFTER INSERT", own.inserted()),
            _made("delete", table, "AFTER DELETE", own.deleted()),
            _made("update", table, "AFTER UPDATE", f"IF {own.changed()} THEN {own.updated()}; END IF"),
        ]
    for kind, found in (("delete", reached_by_delete(table)), ("update", reached_by_update(table))):
        entries = [_noted(one, audited[one.table], dialect) for one in found if one.table in audited]
        if entries:
            made.append(_made(f"cascade_{kind}", table, f"BEFORE {kind.upper()}", "; ".join(entries)))
    return made


def writer(audited: Audited, dialect: Dialect) -> Writer:
    """Give what writes SQL about the rows of a table."""
    return _Writer(audited, dialect)


def missing_right(connection: Connection, tables: Sequence[Table], schema: str) -> str | None:
    """Give the GRANT for triggers, or the setting that lets triggers be made where changes are logged."""
    held, place = rights(connection, schema), f"{_quote.quote_identifier(schema)}.*"
    if not held & {"TRIGGER", "ALL PRIVILEGES"}:
        account = connection.scalar(text("SELECT CURRENT_USER()"))
        user, _, host = str(account).rpartition("@")
        return f"GRANT TRIGGER ON {place} TO '{user}'@'{host}'"
    logged = connection.execute(text("SELECT @@log_bin, @@log_bin_trust_function_creators")).one()
    if logged[0] and not logged[1] and not held & {"SUPER", "ALL PRIVILEGES ON *"}:
        return "SET GLOBAL log_bin_trust_function_creators = 1"
    return None


def reading(kind: str) -> tuple[Callable[[Any], Any], Any]:
    """Give what makes of JSON what the driver gives for a type of this name."""
    return _KINDS.get(kind.removesuffix(" UNSIGNED"), _same), None


def _same(said: Any) -> Any:
    return said


def _time(said: str) -> timedelta:
    hours, minutes, seconds = said.lstrip("-").split(":")
    found = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    return -found if said.startswith("-") else found


_KINDS: Mapping[str, Callable[[Any], Any]] = {
    "BOOL": int,
    "BOOLEAN": int,
    "FLOAT": float,
    "REAL": float,
    "DOUBLE": float,
    "DOUBLE PRECISION": float,
    "NUMERIC": Decimal,
    "DECIMAL": Decimal,
    "DATETIME": datetime.fromisoformat,
    "TIMESTAMP": datetime.fromisoformat,
    "DATE": date.fromisoformat,
    "TIME": _time,
    "JSON": document_text,
}


def installed(connection: Connection) -> dict[str, str]:
    """Give the text of each trigger by its name."""
    query = (
        "SELECT trigger_name, action_statement FROM information_schema.triggers"
        " WHERE trigger_schema = database()"
    )
    return {str(name): str(body) for name, body in connection.execute(text(query))}


def _noted(reached: Reached, audited: Audited, dialect: Dialect) -> str:
    """Give the statement that notes what a foreign key is about to do to other rows."""
    own = _Writer(audited, dialect)
    logged = [column for column in reached.changes if column in set(audited.columns)]
    if not reached.changes:
        values = own.values("'DELETE'", "DELETE", reached.row, own.image(reached.row))
    elif not logged:
        return "DO 0"
    else:
        values = own.changing(reached, logged)
    return f"{into_log('', ', '.join(values), ', '.join(values.values()))} FROM {reached.source}"


class _Writer(Writer):
    def concat(self, parts: Sequence[str]) -> str:
        return f"CONCAT({', '.join(parts)})"

    def literal(self, text: str) -> str:
        # A trigger keeps the sql_mode that it was made with, and ours takes a backslash for an escape.
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"

    def named(self, row: str, column: Column[Any]) -> str:
        return f"{row}.{_quote.quote(column.name)}"

    def encoded(self, column: Column[Any], name: str) -> str:
        return f"IF({name} IS NULL, 'null', {self._encoded(self.kind(column), name)})"

    def _encoded(self, kind: str, name: str) -> str:
        kind = kind.removesuffix(" UNSIGNED")
        said = f"(CONVERT({name} USING utf8mb4) COLLATE utf8mb4_bin)"
        if kind in _NUMBERS:
            return f"CAST({name} AS CHAR)"
        if kind in ("BOOL", "BOOLEAN"):
            return f"CASE {name} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE CAST({name} AS CHAR) END"
        if kind in ("FLOAT", "REAL", "DOUBLE PRECISION"):
            return f"CAST(CAST({name} AS DOUBLE) AS CHAR)"  # as text a FLOAT has six digits only
        if kind in _QUOTED:
            return f"""CONCAT('"', {name}, '"')"""
        if kind == "DATETIME":
            return f"""DATE_FORMAT({name}, '"%Y-%m-%dT%H:%i:%s.%f"')"""
        if kind == "TIMESTAMP":
            # As text it depends on the session's time zone.
            instant = f"'1970-01-01' + INTERVAL UNIX_TIMESTAMP({name}) SECOND"
            return f"""DATE_FORMAT({instant}, '"%Y-%m-%dT%H:%i:%s.%f"')"""
        if kind in _BYTES:
            return f"""CONCAT('{{"$bytes":"', LOWER(HEX({name})), '"}}')"""
        if kind == "BIT":
            return f"CAST({name} + 0 AS CHAR)"
        if kind == "JSON":
            strange = f"TRIM({said}) = 'null' OR INSTR({said}, {TAG}) OR INSTR({said}, 'u0024')"
            return f"""IF({strange}, CONCAT('{{"$json":', {said}, '}}'), {said})"""
        return f"(JSON_QUOTE({said}) COLLATE utf8mb4_bin)"

    def capped(self, column: Column[Any], name: str, encoded: str) -> str:
        if self.kind(column) not in _LARGE:
            return encoded
        # Twice in an entry, and as text six times as long, all the large ones fit one packet: a longer
        # text is NULL, and an error in strict mode.
        large = sum(self.kind(one) in _LARGE for one in self.audited.columns)
        most = f"LEAST({self.audited.cap}, @@max_allowed_packet DIV {13 * large})"
        size = f"LENGTH({name})"
        cut = f"""CONCAT('{{"$cut":{{"length":', {size}, ',"sha256":"', SHA2({name}, 256), '"}}}}')"""
        return f"IF({size} > {most}, {cut}, {encoded})"

    def differs(self, column: Column[Any]) -> str:
        old, new = self.named("OLD", column), self.named("NEW", column)
        if self.kind(column) in _NUMBERS - {"DOUBLE"}:
            return f"(NOT ({old} <=> {new}))"
        # By bytes: a collation may know no case, and no trailing space.
        return f"(NOT (CAST({old} AS BINARY) <=> CAST({new} AS BINARY)))"

    @property
    def named_table(self) -> str:
        return str(_quote.format_table(self.table))

    def source(self, rows: str) -> str:
        return f"FROM {rows}"

    def number(self, name: str) -> str:
        return f"IF({name} <= 9223372036854775807, {name}, NULL)"

    def shortened(self, key: str) -> str:
        if all(self.kind(one) in _NUMBERS for one in self.audited.keys):
            return key
        start = f"LEFT({key}, {KEY_LENGTH - 40})"
        return f"IF(CHAR_LENGTH({key}) > {KEY_LENGTH}, CONCAT({start}, '#', MD5({key})), {key})"

    def circumstances(self) -> Mapping[str, str]:
        return {
            "user_id": "@colonnade_user",
            "context": "@colonnade_context",
            # Where nobody told of a transaction, what one statement does is tied together by its clock.
            "transaction_id": f"coalesce(@colonnade_transaction, CONCAT(connection_id(), ' ', {UTC_NOW}))",
            "db_user": "user()",
            "timestamp": UTC_NOW,
        }

    def insertion(self, columns: str, values: str) -> str:
        # Not from a SELECT, which would keep all others from numbering entries until the statement's end.
        return f"INSERT INTO {LOG} ({columns}) VALUES ({values})"

    def changing(self, reached: Reached, logged: Sequence[Column[Any]]) -> dict[str, str]:
        """Give the values of the entry for rows in which a foreign key sets columns."""
        row = reached.row
        parts = [
            self.difference(column, self.value(column, row), self._set(column, reached), comma=at > 0)
            for at, column in enumerate(logged)
        ]
        changes = self.concat(["'{'", *parts, "'}'"])
        values = self.values("'UPDATE'", "UPDATE", row, changes)
        moved = [column for column in self.audited.keys if column in reached.changes]
        if not moved:
            return values
        return {**values, "entity_key": self._key_after(reached), "previous_key": self.key(row)}

    def _set(self, column: Column[Any], reached: Reached) -> str:
        if column.name in self.audited.redacted:
            return self.value(column, reached.row)
        return self.encoded(column, reached.changes[column])

    def _key_after(self, reached: Reached) -> str:
        parts = []
        for column in self.audited.keys:
            name = reached.changes.get(column) or self.named(reached.row, column)
            parts += [self.literal(","), self.encoded(column, name)]
        return self.shortened(self.concat(["'['", *parts[1:], "']'"]))


def _made(kind: str, table: Table, event: str, body: str) -> Made:
    place = f"{_quote.quote(table.schema)}." if table.schema else ""
    return _trigger(object_name(f"audit_{kind}", table.name), _quote.format_table(table), place, event, body)


def _trigger(name: str, table: str, place: str, event: str, body: str) -> Made:
    quoted = f"{place}{_quote.quote(name)}"
    whole = f"BEGIN {body}; END"
    create = f"CREATE TRIGGER {quoted} {event} ON {table} FOR EACH ROW {whole}"
    drop = f"DROP TRIGGER IF EXISTS {quoted}"
    return Made(name, table, (drop, create), (drop,), whole)
