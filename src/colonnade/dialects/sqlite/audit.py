"""SQLite's audit triggers.

A value's form in the log goes by what is stored, since a column takes anything. There is no session to keep
the actor in: it's in a table of one row, which a write transaction fills and empties again before its end, so
that nobody else ever sees it filled. Functions of the application's own would serve as well, until
another program writes: it lacks them, and its INSERT would fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.dialects import sqlite

from colonnade.dialects.acting import NOBODY, Acting
from colonnade.dialects.auditing import LOG, REFUSAL, STATE, Audited, Catalogue, Made
from colonnade.dialects.auditing import document_text as _document
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
SHORTENS_KEYS = False
TOLD_INSIDE = False
TELLING = f"{STATE} SET user_id"

_QUOTE = "'\"'"
_ESCAPES = (
    ("'\\'", "\\\\"),
    (_QUOTE, '\\"'),
    ("char(10)", "\\n"),
    ("char(13)", "\\r"),
    ("char(9)", "\\t"),
)
"""In JSON's text, what stands for a character; the backslash itself first."""
_CONTROLS = "'*[' || char(1) || '-' || char(8, 11, 12, 14) || '-' || char(31) || ']*'"
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


def telling(statement: str, kind: str, parameters: Any, acting: Acting) -> tuple[str, Any]:
    raise NotImplementedError  # it can't be told within a statement


def forget(connection: Connection) -> None:
    """Empty the table again, in the same transaction."""
    if _is_there(connection):
        tell(connection, NOBODY, False)


def forget_raw(connection: DBAPIConnection) -> None:
    """Nothing: it ended with the transaction."""


READS_UNCOMMITTED = False


def await_writers(connection: Connection, patience_s: float) -> bool:
    """Nobody: there's one writer at a time, and what is numbered after an entry is committed after it."""
    return True


def allow_pruning(connection: Connection, allowed: bool) -> None:
    """Say so in the table that the triggers look at."""
    connection.exec_driver_sql(f"UPDATE {STATE} SET pruning = ? WHERE id = 1", (int(allowed),))


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
    moved_over = writer.evicted(by_update=True)
    evicted, held = writer.evicted(), f"{writer.holding()}; " if writer.has_rowid else ""
    return [
        *(writer.watches() if writer.has_rowid else ()),
        _made("insert", table, "AFTER INSERT", "", f"{evicted}{writer.inserted()}"),
        _made("delete", table, "AFTER DELETE", "", f"{held}{writer.deleted()}"),
        _made("update", table, "AFTER UPDATE", writer.condition(), moved_over + writer.updated()),
        *(_touch(table, column) for column in writer.touched),
    ]


def writer(audited: Audited, dialect: Dialect) -> Writer:
    """Give what writes SQL about the rows of a table."""
    return _Writer(audited, dialect)


def missing_right(connection: Connection, tables: Sequence[Table], schema: str) -> str | None:
    """None: whoever may write the file may do all."""
    return None


def reading(kind: str) -> tuple[Callable[[Any], Any], Any]:
    """Give what makes of JSON what the driver gives, which goes by what was stored."""
    return (_document if kind in ("JSON", "JSONB") else _stored), None


def _stored(said: Any) -> Any:
    return int(said) if isinstance(said, bool) else said


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
        kind, text, number = self.kind(column), self._text(name), f"CAST({name} AS TEXT)"
        if kind in ("JSON", "JSONB"):
            text = self._tagged("$text", text)
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

    @property
    def named_table(self) -> str:
        return str(_quote.format_table(self.table))

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
        return f"{into_log('', columns, values)} {self.source('(SELECT 1)')}"

    def source(self, rows: str) -> str:
        return f"FROM {rows} LEFT JOIN {STATE} AS state ON state.id = 1"

    def new_value(self, column: Column[Any]) -> str:
        value, old, new = self.value(column, "NEW"), self.named("OLD", column), self.named("NEW", column)
        if column not in self.touched or column.name in self.audited.redacted:
            return value
        stamped = self.concat([_QUOTE, moved(old), _QUOTE])
        return f"CASE WHEN {new} IS {old} THEN {stamped} ELSE {value} END"

    def condition(self) -> str:
        """Give the WHEN of the UPDATE trigger; what moves a stamp is part of the change before."""
        quiet = f" AND NOT EXISTS (SELECT 1 FROM {STATE} WHERE touching = 1)" if self.touched else ""
        return f"WHEN ({self.changed()}){quiet}"

    # What REPLACE takes away makes no trigger fire, unless recursive_triggers is on: as it is on our
    # connections, and on hardly any other. So rows that stand in the way are put aside before, and noted
    # afterwards when they're gone.

    @property
    def has_rowid(self) -> bool:
        """Whether rows have a number that they're known by."""
        return bool(self.table.dialect_options["sqlite"]["with_rowid"])

    def watches(self) -> list[Made]:
        """Give the triggers that put aside what stands in the way of a row."""
        held = [" AND ".join(f"held.{name} = NEW.{name}" for name in names) for names in self._unique()]
        kept = f"SELECT 1 FROM {_quote.quote(self.table.name)} AS held WHERE"
        values = self.values("", "", "held", self.image("held"))
        wanted = ("entity_type", "entity_id", "entity_key", "changes")
        aside = (
            f"DELETE FROM {STATE} WHERE {self._aside()}; INSERT INTO {STATE}"
            f" (entity_type, entity_id, entity_key, image, row)"
            f" SELECT {', '.join(values[name] for name in wanted)}, held.rowid"
        )
        made = []
        for event, others in (("INSERT", ""), ("UPDATE", " AND held.rowid <> OLD.rowid")):
            condition = f"({' OR '.join(f'({one})' for one in held)}){others}"
            body = f"{aside} {kept.removeprefix('SELECT 1 ')} {condition}"
            when = f"WHEN EXISTS ({kept} {condition})"
            made.append(_made(f"evict_{event.lower()}", self.table, f"BEFORE {event}", when, body))
        return made

    def evicted(self, by_update: bool = False) -> str:
        """Give the statements that note which of those rows are gone; none where rows have no number."""
        if not self.has_rowid:
            return ""
        values = self.values("'DELETE'", "DELETE", "OLD", "aside.image")
        values |= {name: f"aside.{name}" for name in ("entity_type", "entity_id", "entity_key")}
        replaced = "aside.row = NEW.rowid" + " AND NEW.rowid <> OLD.rowid" * by_update
        there = f"SELECT 1 FROM {_quote.quote(self.table.name)} AS kept WHERE kept.rowid = aside.row"
        return (
            f"{into_log('', ', '.join(values), ', '.join(values.values()))}"
            f" FROM {STATE} AS aside LEFT JOIN {STATE} AS state ON state.id = 1"
            f" WHERE {self._aside('aside.')} AND ({replaced} OR NOT EXISTS ({there}));"
            f" DELETE FROM {STATE} WHERE {self._aside()}; "
        )

    def holding(self) -> str:
        """Give the statement that forgets a row whose own trigger has fired."""
        return f"DELETE FROM {STATE} WHERE {self._aside()} AND row = OLD.rowid"

    def _aside(self, prefix: str = "") -> str:
        return f"{prefix}id > 1 AND {prefix}entity_type = {self.literal(self.audited.entity_type)}"

    def _unique(self) -> list[list[str]]:
        rules: list[Any] = [self.table.primary_key, *self.table.constraints, *self.table.indexes]
        found = [
            [_quote.quote(column.name) for column in rule.columns]
            for rule in rules
            if isinstance(rule, PrimaryKeyConstraint | UniqueConstraint) or getattr(rule, "unique", False)
        ]
        found += [[_quote.quote(column.name)] for column in self.table.columns if column.unique]
        return sorted({tuple(names): names for names in found if names}.values())

    def _tagged(self, tag: str, value: str) -> str:
        return self.concat([f"""'{{"{tag}":'""", value, "'}'"])

    def _text(self, name: str) -> str:
        """Give text as JSON has it.

        Without a function for JSON: with trusted_schema off no trigger may use one. Characters for control,
        save those for space, are rare, and their text is written as the bytes that it is.
        """
        escaped = name
        for character, code in _ESCAPES:
            escaped = f"replace({escaped}, {character}, '{code}')"
        quoted = self.concat([_QUOTE, escaped, _QUOTE])
        digits = self.concat([_QUOTE, f"lower(hex({name}))", _QUOTE])
        rare = f"instr({name}, char(0)) OR {name} GLOB {_CONTROLS}"
        return f"CASE WHEN {rare} THEN {self._tagged('$utf8', digits)} ELSE {quoted} END"

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
