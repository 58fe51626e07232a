"""A change of type for which MySQL and MariaDB copy the table."""

from __future__ import annotations

from sqlalchemy import String

from colonnade.migrations.lint.helping import types
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="type-change-copies",
    databases=("mysql",),
    happens="nobody can write to the table while all of it is copied",
    why="Only a longer VARCHAR within the same byte of length, and a new default, are done in place.",
    rewrite="add a column of the new type, keep it in step by a trigger, fill it in batches, then swap the names",
    bad=(
        'op.alter_column("clip", "length", existing_type=sa.Integer, existing_nullable=True, '
        "existing_server_default=None, type_=sa.BigInteger)",
    ),
    good=(
        'op.alter_column("clip", "code", existing_type=sa.String(20), existing_nullable=True, '
        "existing_server_default=None, type_=sa.String(60))",
    ),
    shows="copies",
    weighs=True,
)

_SHORT = 63


@RULE.finds
def copied(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        before, after = types(each)
        if before is None or after is None:
            continue
        texts = isinstance(before, String) and isinstance(after, String)
        old, new = (getattr(kind, "length", None) or 0 for kind in (before, after))
        if texts and 0 < old <= new and (new <= _SHORT or old > _SHORT):
            continue
        if repr(before) != repr(after):
            yield each.hit(f"{each.table}.{each.column} is {before}, and becomes {after}")
