"""A change of type that PostgreSQL makes only when told how."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Date, DateTime, Integer, LargeBinary, Numeric, String

from colonnade.migrations.lint.helping import types
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="type-change-needs-using",
    severity="error",
    databases=("postgresql",),
    happens="it fails: there is no cast that is made by itself",
    why="PostgreSQL converts between kinds of types only by an explicit USING.",
    rewrite="give postgresql_using=…, with the expression that converts",
    bad=('op.alter_column("clip", "code", existing_type=sa.String(20), type_=sa.JSON)',),
    good=(
        'op.alter_column("clip", "length", existing_type=sa.Integer, type_=sa.Text, postgresql_using="length::text")',
    ),
    shows="fails",
)

_FAMILIES = ((String,), (Integer, Numeric), (Boolean,), (DateTime, Date), (JSON,), (LargeBinary,))


def _family(type_: Any) -> int | None:
    found = (number for number, kinds in enumerate(_FAMILIES) if isinstance(type_, kinds))
    return next(found, None)


@RULE.finds
def converted(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        before, after = map(_family, types(each))
        told = "postgresql_using" in each.options
        if None not in (before, after) and before != after and after != 0 and not told:
            yield each.hit(
                f"{each.table}.{each.column} becomes {each.given.modify_type}, and no USING is given"
            )
