"""A DELETE without a WHERE."""

from __future__ import annotations

import re

from colonnade.migrations.lint.helping import names_in
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="delete-everything",
    happens="every row of it is gone for good",
    why="There is no condition; a downgrade can't bring them back.",
    rewrite="say which rows by a WHERE; where all are meant, say so by `# lint: allow delete-everything -- why`",
    bad=('op.execute("DELETE FROM clip")',),
    good=('op.execute("DELETE FROM clip WHERE id < 0")',),
    shows="loses",
)

_DELETE = re.compile(r'delete\s+from\s+[`"\w.]+\s*;?$', re.IGNORECASE)


@RULE.finds
def deleted(step: Step) -> Hits:
    for each in step.statements():
        if _DELETE.match(each.sql):
            table = names_in(each.sql)[0]
            yield each.hit(f"{each.sql}", count=step.rows(table))
