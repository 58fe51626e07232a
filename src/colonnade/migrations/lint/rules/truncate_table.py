"""TRUNCATE."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="truncate-table",
    databases=("postgresql", "mysql"),
    happens="every row of it is gone for good; with CASCADE those of the tables that refer to it, too",
    why="It looks at no row and fires no trigger of a row; on MySQL and MariaDB it commits what came before.",
    rewrite="DELETE with a WHERE, in batches where there are many",
    bad=('op.execute("TRUNCATE TABLE clip")',),
    good=('op.execute("DELETE FROM clip WHERE id < 0")',),
    shows="loses",
)


@RULE.finds
def truncated(step: Step) -> Hits:
    for each in step.statements():
        if each.sql.lower().startswith("truncate"):
            yield each.hit(each.sql)
