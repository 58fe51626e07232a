"""Everything that a PostgreSQL schema has, from pg_catalog: one query for each kind of thing.

Expressions and definitions are as the server's own `pg_get_…` functions write them, with the schemas that
are read on the search path: what's in them stands without its schema, whatever path the connection has.
What belongs to an extension is the extension's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from colonnade.dialects.postgresql import catalogue
from colonnade.dialects.values import Item
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FORBIDDEN = "42501"
_ACTIONS = r"(?:CASCADE|RESTRICT|SET (?:NULL|DEFAULT)(?: \([^)]*\))?)"
# What the server writes behind a constraint's own text, in this order.
_ENDING = re.compile(
    rf"(?P<definition>.*?)(?: MATCH (?P<match>FULL|PARTIAL))?(?: ON UPDATE (?P<on_update>{_ACTIONS}))?"
    rf"(?: ON DELETE (?P<on_delete>{_ACTIONS}))?(?P<no_inherit> NO INHERIT)?"
    r"(?P<deferrable> DEFERRABLE(?: INITIALLY DEFERRED)?)?(?P<not_enforced> NOT ENFORCED)?"
    r"(?P<not_valid> NOT VALID)?",
    re.DOTALL,
)
_CONSTRAINTS = {"p": "primary key", "u": "unique", "f": "foreign key", "c": "check", "x": "exclusion"}
_SWITCHES = {"O": "", "D": "no", "R": "on a replica", "A": "always"}
"""How `tgenabled` and `ev_enabled` say that something is on; nothing for what's usual."""

Row = Mapping[str, Any]


def read(connection: Connection, schemas: Sequence[str] = ()) -> Iterable[Item]:
    """Give everything; a schema is one of the connected database."""
    (database,) = _rows(connection, catalogue.DATABASE)
    own = tuple(schemas) or (_own_schema(database),)
    if missing := [schema for schema in own if schema not in database["schemas"]]:
        raise MigrationError(f"there is no schema {missing[0]!r} in this database")
    if closed := [schema for schema in own if schema not in database["usable"]]:
        raise MigrationError(
            f"the account may not use the schema {closed[0]!r}",
            remedy="GRANT USAGE ON SCHEMA to it, or use another account",
        )
    with _search_path(connection, own, database["path"]):
        for item in _Catalogue(connection, own, database).items():
            clauses = {name: _settled(clause) for name, clause in item.clauses.items()}
            yield Item(item.kind, item.table, item.name, clauses)


_TEXT = r"\(?'(?:[^']|'')*'(?:::character varying(?:\(\d+\))?)?\)?(?:::text)?"
_TEXTS = re.compile(
    rf"\(ARRAY\[(?P<inner>{_TEXT}(?:, {_TEXT})*)\]\)::text\[\]"
    rf"|ARRAY\[(?P<bare>{_TEXT}(?:, {_TEXT})*)\](?:::text\[\])?"
)
_QUOTED = re.compile(r"'(?:[^']|'')*'")


def _settled(definition: str) -> str:
    """Give a definition with its lists of texts in one form: after a restore the server writes `IN` anew."""

    def plain(found: re.Match[str]) -> str:
        return f"ARRAY[{', '.join(_QUOTED.findall(found['inner'] or found['bare']))}]"

    return _TEXTS.sub(plain, definition) if "ARRAY[" in definition else definition


class _Catalogue:
    """The catalogue of one database, asked about some schemas."""

    def __init__(self, connection: Connection, schemas: Sequence[str], database: Row) -> None:
        self._connection = connection
        self._schemas = schemas
        self._database = database
        self._version: int = database["version"]

    def items(self) -> Iterator[Item]:
        yield Item("environment", "", "database", _said(self._database, "encoding collation ctype"))
        yield from self._relations()
        yield from self._columns()
        yield from self._constraints()
        yield from self._indexes()
        yield from self._sequences()
        for row in self._rows(catalogue.TRIGGERS, "triggers"):
            clauses = {**_said(row, "definition comment"), **_switched(row)}
            yield self._item("trigger", row, clauses)
        for row in self._rows(catalogue.RULES, "rules"):
            yield self._item("rule", row, {**_said(row, "definition comment"), **_switched(row)})
        for row in self._rows(catalogue.POLICIES, "policies"):
            yield self._item("policy", row, _said(row, "command permissive roles using check comment"))
        for row in self._rows(catalogue.STATISTICS, "statistics"):
            yield self._item("statistics", row, _said(row, "definition target comment"))
        yield from self._types()
        yield from self._functions()
        for row in self._rows(catalogue.EXTENSIONS):
            yield Item("extension", "", row["name"], _said(row, "schema"))
            yield _environment("extension", "", row["name"], row, "version")
        for row in self._rows(catalogue.OTHERS, "others"):
            yield Item(row["kind"], "", row["name"], _said(row, "definition comment"))
            yield _environment(row["kind"], "", row["name"], row, "owner")

    def _item(self, kind: str, row: Row, clauses: Mapping[str, str]) -> Item:
        """Make an item of a row that has `schema`, `relation` or none, and `name`."""
        table = row.get("relation") or ""
        if table:
            return Item(kind, self._qualified(row["schema"], table), row["name"], clauses)
        return Item(kind, "", self._qualified(row["schema"], row["name"]), clauses)

    def _qualified(self, schema: str, name: str) -> str:
        return name if schema == self._schemas[0] else f"{schema}.{name}"

    def _relations(self) -> Iterator[Item]:
        kinds = {"v": "view", "m": "materialized view"}
        for row in self._rows(catalogue.RELATIONS):
            kind = kinds.get(row["kind"], "table")
            names = (
                "definition method options toast_options persistence partition_by partition_of inherits"
                " of_type row_security forced_row_security replica_identity server foreign_options populated"
                " comment"
            )
            yield self._item(kind, row, _said(row, names))
            # What belongs to a table goes with it when it's left out.
            table = self._qualified(row["schema"], row["name"])
            yield _environment(kind, table, table, row, "owner grants tablespace publications")

    def _columns(self) -> Iterator[Item]:
        virtual = "a.attgenerated" if self._version >= 120000 else "''"
        compression = "a.attcompression" if self._version >= 140000 else "''"
        query = catalogue.COLUMNS.replace("{compression}", compression).replace("{generated}", virtual)
        names = (
            "position type nullable default generated kept identity collation storage compression statistics"
            " options foreign_options inherited comment"
        )
        for row in self._rows(query):
            yield self._item("column", row, _said(row, names))
            if row["grants"]:
                table = self._qualified(row["schema"], row["relation"])
                yield _environment("column", table, row["name"], row, "grants")

    def _constraints(self) -> Iterator[Item]:
        for row in self._rows(catalogue.CONSTRAINTS):
            if kind := _CONSTRAINTS.get(row["kind"]):
                clauses = {**_constraint(row["definition"]), **_said(row, _OF_CONSTRAINTS)}
                if kind == "primary key":  # a table has one, whatever its name
                    yield self._item(kind, {**row, "name": ""}, {**clauses, "name": row["name"]})
                else:
                    yield self._item(kind, row, clauses)
            elif row["kind"] == "n" and "NOT VALID" in row["definition"]:  # PostgreSQL 18; else the column's
                yield self._item("not null", row, _constraint(row["definition"]))

    def _indexes(self) -> Iterator[Item]:
        for row in self._rows(catalogue.INDEXES):
            clauses = _said(row, "unique valid clustered replica_identity partition_of statistics comment")
            definition = row["definition"]
            start = f"CREATE {'UNIQUE ' if row['unique'] else ''}INDEX {row['quoted']} ON "
            _, _, definition = definition.removeprefix(start).partition(" USING ")
            yield self._item("index", row, {"definition": definition, **clauses})
            if row["tablespace"]:
                table = self._qualified(row["schema"], row["relation"])
                yield _environment("index", table, row["name"], row, "tablespace")

    def _sequences(self) -> Iterator[Item]:
        for row in self._rows(catalogue.SEQUENCES, "sequences"):
            names = "type start increment minimum maximum cache cycle persistence owned_by comment"
            item = self._item("sequence", row, _said(row, names))
            yield item
            yield Item("counter", item.table, item.name, _said(row, "last"))
            yield _environment("sequence", item.table, item.name, row, "owner grants")

    def _types(self) -> Iterator[Item]:
        for row in self._rows(catalogue.TYPES, "types"):
            kind = {"e": "enum", "d": "domain", "c": "composite type", "r": "range type"}.get(
                row["kind"], "type"
            )
            names = "labels attributes base nullable default collation subtype opclass canonical"
            names += " difference comment"
            clauses = {**_said(row, names), **dict(row["checks"] or {})}
            yield self._item(kind, row, clauses)
            yield _environment(kind, "", self._qualified(row["schema"], row["name"]), row, "owner grants")

    def _functions(self) -> Iterator[Item]:
        body = "pg_get_function_sqlbody(p.oid)" if self._version >= 140000 else "NULL"
        kinds = {"p": "procedure", "a": "aggregate", "w": "window function"}
        names = (
            "arguments returns language body aggregate volatility strict security leakproof parallel cost"
            " rows settings support comment"
        )
        for row in self._rows(catalogue.FUNCTIONS.replace("{sqlbody}", body), "functions"):
            kind = kinds.get(row["kind"], "function")
            yield self._item(kind, row, _said(row, names))
            yield _environment(kind, "", self._qualified(row["schema"], row["name"]), row, "owner grants")

    def _rows(self, query: str, kind: str = "") -> Sequence[Row]:
        """Give the rows; none where the database has nothing of a kind that was asked about beforehand."""
        if kind and not self._database[kind]:
            return ()
        return _rows(self._connection, query, self._schemas)


def _rows(connection: Connection, query: str, schemas: Sequence[str] = ()) -> Sequence[Row]:
    statement = text(query)
    if ":schemas" in query:
        statement = statement.bindparams(bindparam("schemas", list(schemas), expanding=True))
    try:
        return cast(Sequence[Row], connection.execute(statement).mappings().all())
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _FORBIDDEN:
            raise MigrationError(
                f"the account may not read all of the catalogue: {error.orig}",
                remedy="Grant it SELECT on what is named, or use an account that has it",
            ) from error
        raise


_OF_CONSTRAINTS = (
    "inherited triggers index_valid index_options index_clustered index_replica_identity index_tablespace"
    " comment"
)


def _constraint(definition: str) -> dict[str, str]:
    """Take the server's text of a constraint apart."""
    found = _ENDING.fullmatch(definition)
    assert found  # the first group takes whatever it's given
    return {
        name.replace("_", " "): "yes" if name.startswith(("no_", "not_")) else value.strip()
        for name, value in found.groupdict().items()
        if value
    }


def _said(row: Row, names: str) -> dict[str, str]:
    """Give the named values of a row as clauses, without those that say nothing."""
    said = {}
    for name in names.split():
        value = row[name]
        if value is not None and value != "" and value is not False:
            said[name.replace("_", " ")] = "yes" if value is True else str(value)
    return said


def _switched(row: Row) -> dict[str, str]:
    enabled = _SWITCHES.get(row["enabled"], row["enabled"])
    return {"enabled": enabled} if enabled else {}


def _environment(kind: str, table: str, name: str, row: Row, names: str) -> Item:
    return Item("environment", table, f"{kind} {name}", _said(row, names))


def _own_schema(database: Row) -> str:
    if database["own"] is None:
        raise MigrationError(
            "no schema of the connection's search_path exists",
            remedy="Create it, or name the schemas to read",
        )
    return str(database["own"])


@contextmanager
def _search_path(connection: Connection, schemas: Sequence[str], before: str) -> Iterator[None]:
    """Put the schemas on the search path, and the connection's own path back at the end."""
    path = ", ".join('"' + schema.replace('"', '""') + '"' for schema in schemas)
    _set_path(connection, path)
    try:
        yield
    except BaseException:
        with suppress(SQLAlchemyError):  # where the transaction was aborted, its rollback puts the path back
            _set_path(connection, before)
        raise
    _set_path(connection, before)


def _set_path(connection: Connection, path: str) -> None:
    # For the session: in autocommit a setting of the transaction would be gone at once.
    connection.execute(text("SELECT set_config('search_path', :path, false)"), {"path": path})
