"""CLUSTER and VACUUM FULL."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="cluster-rewrites",
    databases=("postgresql",),
    happens="nobody can use the table while all of it is written anew",
    why="They make a copy under an ACCESS EXCLUSIVE lock.",
    rewrite="leave it to an hour of its own, outside of migrations; pg_repack does it beside writers",
    bad=('op.execute("CLUSTER clip USING clip_pkey")',),
    shows="rewrites",
)


@RULE.finds
def rewritten(step: Step) -> Hits:
    for each in step.statements():
        if re.match(r"(cluster\b|vacuum\s+(\(.*)?full\b)", each.sql, re.IGNORECASE):
            yield each.hit(each.sql)
