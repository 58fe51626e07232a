"""Text that is to become a number."""

from __future__ import annotations

from sqlalchemy import Boolean, Integer, Numeric, String

from colonnade.migrations.lint.helping import types
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="text-to-number",
    happens="SQLite makes 0 of what is no number; the servers fail",
    why="SQLite's CAST takes the digits at the beginning, and none are 0.",
    rewrite="add a column of the new type, fill it from the texts that are numbers, look at the others, then swap",
    bad=(
        'with op.batch_alter_table("clip", recreate="always") as batch:\n'
        '    batch.alter_column("note", existing_type=sa.Text, type_=sa.Integer)',
    ),
    good=('op.add_column("clip", sa.Column("number", sa.Integer))',),
    shows="loses",
)


@RULE.finds
def converted(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        before, after = types(each)
        if (
            isinstance(before, String)
            and isinstance(after, Integer | Numeric)
            and not isinstance(after, Boolean)
        ):
            yield each.hit(f"{each.table}.{each.column} is text, and becomes {after}")
