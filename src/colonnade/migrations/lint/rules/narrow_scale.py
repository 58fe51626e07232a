"""A decimal type with fewer places."""

from __future__ import annotations

from colonnade.migrations.lint.helping import types
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="narrow-scale",
    databases=("postgresql", "mysql"),
    happens="values are rounded to the new scale without an error",
    why="A scale is no limit that a value breaks: the servers round to it.",
    rewrite="keep the scale, or write the rounded values to a new column and compare first",
    bad=('op.alter_column("clip", "price", existing_type=sa.Numeric(12, 4), type_=sa.Numeric(12, 2))',),
    good=('op.alter_column("clip", "price", existing_type=sa.Numeric(12, 4), type_=sa.Numeric(16, 4))',),
    shows="loses",
)


@RULE.finds
def narrowed(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        before, after = (getattr(kind, "scale", None) for kind in types(each))
        if after is not None and before is not None and after < before:
            changed = step.rows(each.table, f"{each.column} <> round({each.column}, {after})")
            if changed != 0:
                yield each.hit(f"{each.table}.{each.column} keeps {after} places of {before}", count=changed)
