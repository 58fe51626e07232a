"""A shorter text type than the values that are there."""

from __future__ import annotations

from colonnade.migrations.lint.helping import types
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="narrow-text",
    databases=("postgresql", "mysql"),
    happens="it fails where a value is longer",
    why="Both servers look at every value, and cut none by themselves.",
    rewrite="shorten the values by an UPDATE before it, or leave the type as it is and add a CHECK",
    bad=(
        'op.alter_column("clip", "title", existing_type=sa.String(80), existing_nullable=False, type_=sa.String(5))',
    ),
    good=(
        'op.alter_column("clip", "title", existing_type=sa.String(80), existing_nullable=False, type_=sa.String(200))',
    ),
    shows="fails",
)


@RULE.finds
def narrowed(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        before, after = (getattr(kind, "length", None) for kind in types(each))
        if after and (before is None or after < before) and "postgresql_using" not in each.options:
            longer = step.rows(each.table, f"char_length({each.column}) > {after}")
            if longer != 0:
                message = f"{each.table}.{each.column} takes {after} characters from now on"
                yield each.hit(message, count=longer, certain=bool(longer))
