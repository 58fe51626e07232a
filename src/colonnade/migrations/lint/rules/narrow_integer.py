"""A smaller integer type."""

from __future__ import annotations

from typing import Any

from colonnade.migrations.lint.helping import types
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="narrow-integer",
    databases=("postgresql", "mysql"),
    happens="it fails where a number is out of its range, and the table is written anew",
    why="Four bytes end at 2,147,483,647, two at 32,767.",
    rewrite="keep the type: what it saves is little beside a row's own size",
    bad=('op.alter_column("clip", "length", existing_type=sa.Integer, type_=sa.SmallInteger)',),
    good=('op.add_column("clip", sa.Column("rating", sa.SmallInteger))',),
    shows="copies",
)

_BYTES = {"SmallInteger": 2, "Integer": 4, "BigInteger": 8}


def _bytes(type_: Any) -> int:
    names = (each.__name__ for each in type(type_).__mro__)
    return next((_BYTES[name] for name in names if name in _BYTES), 0)


@RULE.finds
def narrowed(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        before, after = map(_bytes, types(each))
        if before and after and after < before:
            limit = 2 ** (8 * after - 1)
            beyond = step.rows(each.table, f"{each.column} >= {limit} OR {each.column} < -{limit}")
            message = f"{each.table}.{each.column} has {after} bytes in place of {before}"
            yield each.hit(message, count=beyond, certain=bool(beyond))
