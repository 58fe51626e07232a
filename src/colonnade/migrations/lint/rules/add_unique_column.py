"""A new column that is unique, or a key."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="add-unique-column",
    databases=("sqlite",),
    happens="it fails, or by Alembic comes without the key: SQLite adds no UNIQUE or PRIMARY KEY column",
    why="The index would have to be made with it.",
    rewrite="add the column, and make a unique index over it",
    bad=('op.execute("ALTER TABLE clip ADD COLUMN number INTEGER UNIQUE")',),
    good=(
        'op.add_column("clip", sa.Column("number", sa.Integer))\n'
        'op.create_index("uq_clip_number", "clip", ["number"], unique=True)',
    ),
    shows="fails",
)


@RULE.finds
def unique(step: Step) -> Hits:
    for each in step.on_old_tables("AddColumn"):
        if not each.batch and (each.given.column.unique or each.given.column.primary_key):
            yield each.hit(f"{each.table}.{each.column} is a key")
    for each in step.statements():
        if re.match(r"alter\s+table\s+\S+\s+add\b.*\b(unique|primary\s+key)\b", each.sql, re.IGNORECASE):
            yield each.hit(each.sql)
