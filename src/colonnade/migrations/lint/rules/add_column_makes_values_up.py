"""MySQL and MariaDB fill a new NOT NULL column with values that nobody gave."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="add-column-makes-values-up",
    databases=("mysql",),
    happens="every row gets 0, an empty text or the first member, without a word",
    why="The server fills in its implicit default, also in strict mode.",
    rewrite="give it a server_default that is meant, or add it nullable, fill it, and set NOT NULL then",
    bad=('op.add_column("clip", sa.Column("rating", sa.Integer, nullable=False))',),
    good=('op.add_column("clip", sa.Column("rating", sa.Integer, nullable=False, server_default="3"))',),
    shows="accepts",
)


@RULE.finds
def added(step: Step) -> Hits:
    for each in step.on_old_tables("AddColumn"):
        column = each.given.column
        filled = column.server_default is not None or column.computed is not None
        if not column.nullable and not filled and step.rows(each.table) != 0:
            yield each.hit(f"{each.table}.{each.column} is NOT NULL and has no server_default")
