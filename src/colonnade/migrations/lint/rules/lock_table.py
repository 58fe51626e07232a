"""LOCK TABLE."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="lock-table",
    databases=("postgresql", "mysql"),
    happens="others wait for as long as the revision takes; on MySQL and MariaDB what came before is committed",
    why="The lock is held to the end of the transaction, or of the session.",
    rewrite="leave it out: what an operation needs it takes itself, and Colonnade keeps other migrations out",
    bad=('op.execute("LOCK TABLE clip IN EXCLUSIVE MODE")',),
)


@RULE.finds
def locked(step: Step) -> Hits:
    for each in step.statements():
        if re.match(r"lock\s+tables?\b", each.sql, re.IGNORECASE):
            yield each.hit(each.sql)
