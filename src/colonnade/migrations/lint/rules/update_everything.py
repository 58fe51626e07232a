"""An UPDATE of every row in one statement."""

from __future__ import annotations

import re

from colonnade.migrations.lint.helping import names_in
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="update-everything",
    happens="every row is locked until the end of the transaction, and written a second time",
    why="The statement has no WHERE, and no end before the last row.",
    rewrite="update in batches by key, each committed by itself, or only rows that differ: WHERE x IS DISTINCT FROM …",
    bad=('op.execute("UPDATE clip SET length = 1")',),
    good=('op.execute("UPDATE clip SET length = 1 WHERE length IS NULL")',),
    shows="loses",
    weighs=True,
)

_UPDATE = re.compile(r"update\s+\S+\s+set\b(?!.*\bwhere\b)", re.IGNORECASE)


@RULE.finds
def updated(step: Step) -> Hits:
    for each in step.statements():
        if _UPDATE.match(each.sql) and names_in(each.sql)[0] not in step.made:
            yield each.hit(each.sql, count=step.rows(names_in(each.sql)[0]))
