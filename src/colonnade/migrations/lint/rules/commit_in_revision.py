"""COMMIT or ROLLBACK sent by a revision."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="commit-in-revision",
    happens="what was done so far stays, whatever fails after it, and the driver's idea of the transaction is wrong",
    why="The transaction is the migration's: it's looked at as a whole before it's committed.",
    rewrite="`with op.get_context().autocommit_block():` for what must be committed by itself",
    bad=('op.execute("COMMIT")\nop.execute("BEGIN")',),
    down=True,
)


@RULE.finds
def ended(step: Step) -> Hits:
    for each in step.statements():
        if re.match(
            r"(commit|rollback(?!\s+to)|end\s*;?$|begin|start\s+transaction)\b", each.sql, re.IGNORECASE
        ):
            yield each.hit(each.sql)
