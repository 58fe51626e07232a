"""A schema as text: Mermaid's entity diagram, and a dictionary of tables and columns in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, MetaData, Table, UniqueConstraint
from sqlalchemy.exc import SQLAlchemyError

__all__ = ["diagram", "dictionary", "sorted_by_name"]


def sorted_by_name(metadata: MetaData) -> Sequence[Table]:
    """Give the tables in the order of their names."""
    return sorted(metadata.tables.values(), key=lambda table: str(table.fullname))


def diagram(metadata: MetaData) -> str:
    """Give the tables and their references as a Mermaid `erDiagram`."""
    lines = ["erDiagram"]
    for table in sorted_by_name(metadata):
        lines.append(f"    {_word(table.fullname)} {{")
        for column in table.columns:
            lines.append(f"        {_word(_type(column))} {_word(column.name)}{_keys(column)}")
        lines.append("    }")
    for table in sorted_by_name(metadata):
        for key in sorted(table.foreign_key_constraints, key=_columns_of):
            parent = key.referred_table
            optional = any(column.nullable for column in key.columns)
            single = _is_unique(table, [column.name for column in key.columns])
            left, right = ("|o" if optional else "||"), ("o|" if single else "o{")
            names = ", ".join(column.name for column in key.columns)
            ends = f"{_word(parent.fullname)} {left}--{right} {_word(table.fullname)}"
            lines.append(f'    {ends} : "{names}"')
    return "\n".join(lines) + "\n"


def dictionary(metadata: MetaData) -> str:
    """Give a section for each table: what it's for, its columns, keys, rules and indexes."""
    return "\n".join(part for table in sorted_by_name(metadata) for part in _section(table))


def _section(table: Table) -> Iterator[str]:
    yield f"## {table.fullname}\n"
    if table.comment:
        yield f"{table.comment}\n"
    yield "| column | type | NULL | default | key | meaning |"
    yield "|---|---|---|---|---|---|"
    for column in table.columns:
        cells = (
            f"`{column.name}`",
            _type(column),
            "yes" if column.nullable else "no",
            _default(column),
            " ".join(_roles(column)),
            column.comment or column.doc or "",
        )
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
    rules = [*_rules(table)]
    if rules:
        yield ""
        yield from (f"- {rule}" for rule in rules)
    yield ""


def _rules(table: Table) -> Iterator[str]:
    ordered = sorted(table.constraints, key=lambda each: (type(each).__name__, str(each.name)))
    for each in ordered:
        if isinstance(each, UniqueConstraint):
            yield f"unique: {', '.join(column.name for column in each.columns)}"
        elif isinstance(each, CheckConstraint):
            yield f"CHECK: `{_sql(each.sqltext)}`"
    for key in sorted(table.foreign_key_constraints, key=_columns_of):
        ends = ", ".join(f"{element.column.table.fullname}.{element.column.name}" for element in key.elements)
        deleted = f", ON DELETE {key.ondelete}" if key.ondelete else ""
        yield f"{', '.join(column.name for column in key.columns)} refers to {ends}{deleted}"
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        columns = ", ".join(_sql(expression) for expression in index.expressions)
        yield f"{'unique ' if index.unique else ''}index `{index.name}`: {columns}"


def _sql(expression: Any) -> str:
    try:
        options = {"literal_binds": True, "include_table": False}
        return " ".join(str(expression.compile(compile_kwargs=options)).split())
    except (SQLAlchemyError, AttributeError, NotImplementedError):
        return str(expression)


def _type(column: Column[Any]) -> str:
    try:
        return str(column.type)
    except SQLAlchemyError:
        return type(column.type).__name__


def _default(column: Column[Any]) -> str:
    if column.computed is not None:
        return f"computed: {_sql(column.computed.sqltext)}"
    if column.server_default is not None:
        return _sql(getattr(column.server_default, "arg", "by the server"))
    if column.default is not None:
        given = getattr(column.default, "arg", None)
        return "by the application" if callable(given) else repr(given)
    return ""


def _roles(column: Column[Any]) -> Iterator[str]:
    if column.primary_key:
        yield "PK"
    if column.foreign_keys:
        yield "FK"


def _keys(column: Column[Any]) -> str:
    roles = ", ".join(_roles(column))
    return f" {roles}" if roles else ""


def _is_unique(table: Table, names: Sequence[str]) -> bool:
    wanted = set(names)
    keys = [table.primary_key, *(each for each in table.constraints if isinstance(each, UniqueConstraint))]
    sets = [{column.name for column in key.columns} for key in keys]
    sets += [{column.name for column in index.columns} for index in table.indexes if index.unique]
    return wanted in sets


def _columns_of(key: ForeignKeyConstraint) -> list[str]:
    return [str(name) for name in key.column_keys]


def _word(text: str) -> str:
    return re.sub(r"\W+", "_", str(text)).strip("_") or "_"
