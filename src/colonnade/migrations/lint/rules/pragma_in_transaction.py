"""PRAGMA foreign_keys inside a revision."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="pragma-in-transaction",
    databases=("sqlite",),
    happens="it's ignored without a word",
    why="Inside a transaction foreign keys can be switched neither on nor off.",
    rewrite="leave it out: Colonnade has them off, and looks at them before it commits",
    bad=('op.execute("PRAGMA foreign_keys=OFF")',),
    shows="accepts",
    down=True,
)


@RULE.finds
def ignored(step: Step) -> Hits:
    for each in step.statements():
        if re.match(r"pragma\s+foreign_keys\s*(=|\()", each.sql, re.IGNORECASE):
            yield each.hit(each.sql)
