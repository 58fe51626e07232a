"""A statement that PostgreSQL takes outside of transactions alone."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="not-in-a-transaction",
    severity="error",
    databases=("postgresql",),
    happens="it fails: it cannot run inside a transaction block",
    why="A revision is one transaction; these statements commit by themselves.",
    rewrite="put it inside `with op.get_context().autocommit_block():`",
    bad=('op.execute("VACUUM clip")',),
    good=('with op.get_context().autocommit_block():\n    op.execute("VACUUM clip")',),
    shows="fails",
    down=True,
)

_ALONE = re.compile(
    r"(vacuum|create\s+database|drop\s+database|create\s+tablespace|drop\s+tablespace|alter\s+system"
    r"|reindex\s+(\(.*?\)\s*)?(database|system)|reindex\s+\S+\s+concurrently)\b",
    re.IGNORECASE,
)


@RULE.finds
def inside(step: Step) -> Hits:
    for each in step.statements():
        if _ALONE.match(each.sql) and not each.autocommit:
            yield each.hit(each.sql)
