"""REFRESH MATERIALIZED VIEW while nobody may read."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="refresh-blocks",
    databases=("postgresql",),
    happens="nobody can read the view meanwhile",
    why="Without CONCURRENTLY it takes an ACCESS EXCLUSIVE lock on the view.",
    rewrite="REFRESH MATERIALIZED VIEW CONCURRENTLY, for which the view needs a unique index",
    bad=(
        'op.execute("CREATE MATERIALIZED VIEW titles AS SELECT id, title FROM clip")\n'
        'op.execute("REFRESH MATERIALIZED VIEW titles")',
    ),
    good=('op.execute("CREATE MATERIALIZED VIEW titles AS SELECT id, title FROM clip")',),
)


@RULE.finds
def blocking(step: Step) -> Hits:
    for each in step.statements():
        if re.match(r"refresh\s+materialized\s+view\b(?!\s+concurrently\b)", each.sql, re.IGNORECASE):
            yield each.hit(each.sql)
