"""A new column that takes no NULL, with nothing to put into the rows that are there."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="add-column-not-null",
    severity="error",
    databases=("sqlite", "postgresql"),
    happens="it fails where the table has a row",
    why="The rows that are there would have no value; a default of Python's is no default of the database's.",
    rewrite="give it a server_default, or add it nullable, fill it, and set NOT NULL then",
    bad=('op.add_column("clip", sa.Column("rating", sa.Integer, nullable=False))',),
    good=(
        'op.add_column("clip", sa.Column("rating", sa.Integer, nullable=False, server_default="0"))',
        'op.add_column("clip", sa.Column("rating", sa.Integer))',
    ),
    shows="fails",
)


@RULE.finds
def added(step: Step) -> Hits:
    for each in step.on_old_tables("AddColumn"):
        column = each.given.column
        filled = (
            column.server_default is not None or column.computed is not None or column.identity is not None
        )
        if not column.nullable and not filled and step.rows(each.table) != 0:
            yield each.hit(f"{each.table}.{each.column} is NOT NULL and has no server_default")
