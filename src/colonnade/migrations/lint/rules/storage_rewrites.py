"""SET LOGGED, SET UNLOGGED, SET TABLESPACE."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="storage-rewrites",
    databases=("postgresql",),
    happens="nobody can use the table while all of it is written anew; an unlogged one is empty after a crash",
    why="The whole table goes to another file, or into the log.",
    rewrite="make a table of that kind beside it, copy in batches, and swap the names",
    bad=('op.execute("ALTER TABLE clip SET UNLOGGED")',),
    shows="rewrites",
)


@RULE.finds
def rewritten(step: Step) -> Hits:
    for each in step.statements():
        if re.match(
            r"alter\s+table\s+.*\bset\s+(un)?logged\b|alter\s+table\s+.*\bset\s+tablespace\b", each.sql, re.I
        ):
            yield each.hit(each.sql)
