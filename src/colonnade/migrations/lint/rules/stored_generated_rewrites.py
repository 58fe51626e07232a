"""A new stored generated column."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="stored-generated-rewrites",
    databases=("postgresql", "mysql"),
    happens="the table is written anew, and nobody can write to it meanwhile",
    why="Its value is computed and stored for each row.",
    rewrite="a plain column that a trigger and a batched UPDATE fill; on MySQL and MariaDB a virtual one is free",
    bad=('op.add_column("clip", sa.Column("twice", sa.Integer, sa.Computed("length * 2", persisted=True)))',),
    good=('op.add_column("clip", sa.Column("twice", sa.Integer))',),
    shows="copies",
    weighs=True,
)


@RULE.finds
def rewritten(step: Step) -> Hits:
    for each in step.on_old_tables("AddColumn"):
        computed = each.given.column.computed
        if computed is not None and (computed.persisted or step.database == "postgresql"):
            yield each.hit(f"{each.table}.{each.column} is stored")
