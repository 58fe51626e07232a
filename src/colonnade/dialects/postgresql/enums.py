"""The labels of an enumeration type, changed: added in place, or by a new type in the old one's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from colonnade.dialects.statements import verbatim
from colonnade.errors import MigrationError

if TYPE_CHECKING:
    from alembic.operations import Operations


def alter_enum(
    operations: Operations, name: str, old: Sequence[str], new: Sequence[str], schema: str | None
) -> None:
    """Give the type these labels in place of the old ones; see the contract."""
    if _is_within(old, new):
        with operations.get_context().autocommit_block():  # a label can't be used before it's committed
            for statement in _adding(_Names(operations, name, schema), old, new):
                _send(operations, statement)
    elif operations.get_context().as_sql:
        raise MigrationError(
            f"the type {name} loses labels, or changes their order, and what uses it only the database knows",
            remedy="Upgrade online, or write the statements in the revision",
        )
    else:
        _replace(operations, _Names(operations, name, schema), old, new)


class _Names:
    """A type's name as it's written, and a second one for the time of the change."""

    def __init__(self, operations: Operations, name: str, schema: str | None) -> None:
        self.quote = operations.get_context().dialect.identifier_preparer.quote
        self.prefix = f"{self.quote(schema)}." if schema else ""
        self.plain = self.quote(name)
        self.full = self.prefix + self.plain
        self.going = self.quote(f"{name[:50]}_going")


def _is_within(old: Sequence[str], new: Sequence[str]) -> bool:
    """Tell whether the old labels are all there, in their order."""
    following = iter(new)
    return all(label in following for label in old)


def _adding(names: _Names, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    there = list(old)
    for place, label in enumerate(new):
        if label not in there:
            where = f" AFTER {_literal(new[place - 1])}" if place else ""
            if not place and there:
                where = f" BEFORE {_literal(there[0])}"
            there.insert(place, label)
            yield f"ALTER TYPE {names.full} ADD VALUE IF NOT EXISTS {_literal(label)}{where}"


def _replace(operations: Operations, names: _Names, old: Sequence[str], new: Sequence[str]) -> None:
    columns = _using(operations, names.full)
    gone = [label for label in old if label not in new]
    for table, column, _, _ in columns:
        _refuse_values(operations, names, table, column, gone)
    _send(operations, f"ALTER TYPE {names.full} RENAME TO {names.going}")
    _send(operations, f"CREATE TYPE {names.full} AS ENUM ({', '.join(map(_literal, new))})")
    for table, column, default, array in columns:
        quoted, kind = names.quote(column), names.full + ("[]" if array else "")
        if default is not None:
            _send(operations, f"ALTER TABLE {table} ALTER {quoted} DROP DEFAULT")
        through = "text[]" if array else "text"
        _send(operations, f"ALTER TABLE {table} ALTER {quoted} TYPE {kind} USING {quoted}::{through}::{kind}")
        if default is not None:
            _send(operations, f"ALTER TABLE {table} ALTER {quoted} SET DEFAULT {default}")
    _send(operations, f"DROP TYPE {names.prefix}{names.going}")


def _refuse_values(
    operations: Operations, names: _Names, table: str, column: str, gone: Sequence[str]
) -> None:
    if not gone:
        return
    quoted = names.quote(column)
    some = ", ".join(map(_literal, gone))
    asked = f"SELECT count(*) FROM {table} WHERE {quoted}::text IN ({some})"
    if count := operations.get_bind().execute(verbatim(asked)).scalar():
        raise MigrationError(
            f"{count:,} rows of {table} have a value in {column} that the type {names.plain} loses:"
            f" {', '.join(gone)}",
            remedy="Give them another value first",
        )


def _using(operations: Operations, name: str) -> Sequence[Sequence[Any]]:
    return operations.get_bind().execute(text(_COLUMNS), {"name": name}).all()


def _literal(label: str) -> str:
    return "'" + label.replace("'", "''") + "'"


def _send(operations: Operations, statement: str) -> None:
    operations.get_context().execute(verbatim(statement))


_COLUMNS = """
SELECT c.oid::regclass::text, a.attname, pg_get_expr(d.adbin, d.adrelid), a.atttypid <> t.oid
FROM pg_type t JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray)
JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE t.oid = CAST(CAST(:name AS regtype) AS oid) AND c.relkind IN ('r', 'p') AND NOT a.attisdropped
  AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid)
ORDER BY 1, 2
"""
