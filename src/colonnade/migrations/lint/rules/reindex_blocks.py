"""REINDEX while nobody may write."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="reindex-blocks",
    databases=("postgresql",),
    happens="nobody can write to the table, nor read by that index, meanwhile",
    why="REINDEX holds a SHARE lock on the table and an ACCESS EXCLUSIVE one on the index.",
    rewrite="REINDEX … CONCURRENTLY, in an autocommit_block",
    bad=('op.execute("REINDEX TABLE clip")',),
    good=('with op.get_context().autocommit_block():\n    op.execute("REINDEX TABLE CONCURRENTLY clip")',),
    shows="locks",
    weighs=True,
)


@RULE.finds
def blocking(step: Step) -> Hits:
    for each in step.statements():
        if re.match(r"reindex\b(?!.*\bconcurrently\b)", each.sql, re.IGNORECASE):
            yield each.hit(each.sql)
