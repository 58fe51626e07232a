"""What several rules ask of an operation, a statement or a revision's file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Column

from colonnade.migrations.lint.rule import Operation, Step

__all__ = [
    "columns_before",
    "does_something",
    "functions_of",
    "imports_of",
    "is_ddl",
    "names_in",
    "new_columns",
    "types",
    "variant",
]

_DDL = re.compile(r"(create|alter|drop|rename|truncate|grant|revoke|analyze|optimize)\b", re.IGNORECASE)
_NAME = re.compile(
    r"\b(?:from|update|into|table|join|truncate(?!\s+table))\s+(?:only\s+|if\s+(?:not\s+)?exists\s+)*"
    r"([`\"\[]?[\w.]+[`\"\]]?)",
    re.IGNORECASE,
)


def types(operation: Operation) -> tuple[Any, Any]:
    """Give the types of an altered column before and after; None where one isn't told."""
    given = operation.given
    return _made(given.existing_type), _made(given.modify_type)


def _made(type_: Any) -> Any:
    return type_() if isinstance(type_, type) else type_


def variant(type_: Any, database: str) -> Any:
    """Give the type that a type has on one database."""
    found = getattr(type_, "_variant_mapping", None) or {}
    return found.get(database) or type_


def new_columns(step: Step) -> Iterator[tuple[Operation, Column[Any]]]:
    """Give each column that the revision makes, with its operation."""
    for each in step.operations:
        if each.kind == "AddColumn":
            yield each, each.given.column
        elif each.kind == "CreateTable":
            yield from ((each, part) for part in each.given.columns if isinstance(part, Column))


def columns_before(step: Step) -> Mapping[tuple[str, str], Any]:
    """Give the types of the columns that the tree's operations have made up to the end of this revision."""
    known: dict[tuple[str, str], Any] = {}
    for each in (*step.before, *step.operations):
        if each.kind == "AddColumn":
            known[each.table, each.column] = variant(each.given.column.type, step.database)
        elif each.kind == "CreateTable":
            for part in each.given.columns:
                if isinstance(part, Column):
                    known[each.table, part.name] = variant(part.type, step.database)
        elif each.kind == "AlterColumn" and each.given.modify_type is not None:
            known[each.table, each.column] = types(each)[1]
    return known


def names_in(sql: str) -> list[str]:
    """Give the tables that a statement names, in order; one empty name where it names none."""
    return [name.strip('`"[]') for name in _NAME.findall(sql)] or [""]


def is_ddl(sql: str) -> bool:
    """Tell whether a statement changes the schema."""
    return bool(_DDL.match(sql))


def functions_of(source: str) -> Mapping[str, ast.FunctionDef]:
    """Give the functions of a revision's file by name."""
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def does_something(function: ast.FunctionDef) -> bool:
    """Tell whether a function has more than a docstring and `pass`."""
    return any(
        not isinstance(node, ast.Pass)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.body
    )


def imports_of(source: str) -> Iterator[tuple[str, set[str]]]:
    """Give each module that a file imports, wherever in it, with the names that it takes from there."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((each.name, set()) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ".", {each.name for each in node.names}
