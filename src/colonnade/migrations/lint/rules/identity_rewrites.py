"""A new identity column."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="identity-rewrites",
    databases=("postgresql",),
    happens="nobody can use the table while all of it is written anew",
    why="Every row gets a number of its own.",
    rewrite="add a plain column, fill it in batches from a sequence, then ADD GENERATED … AS IDENTITY",
    bad=('op.add_column("clip", sa.Column("number", sa.Integer, sa.Identity(), nullable=False))',),
    good=('op.add_column("clip", sa.Column("number", sa.Integer))',),
    shows="rewrites",
    weighs=True,
)


@RULE.finds
def rewritten(step: Step) -> Hits:
    for each in step.on_old_tables("AddColumn"):
        if each.given.column.identity is not None:
            yield each.hit(f"{each.table}.{each.column} is numbered by the server")
