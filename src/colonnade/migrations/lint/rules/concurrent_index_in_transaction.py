"""A concurrent index inside a transaction."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="concurrent-index-in-transaction",
    severity="error",
    databases=("postgresql",),
    happens="it fails: CREATE and DROP INDEX CONCURRENTLY cannot run inside a transaction block",
    why="The server commits several times while it makes such an index.",
    rewrite="put it inside `with op.get_context().autocommit_block():`",
    bad=('op.create_index("ix_clip_title", "clip", ["title"], postgresql_concurrently=True)',),
    good=(
        "with op.get_context().autocommit_block():\n"
        '    op.create_index("ix_clip_title", "clip", ["title"], postgresql_concurrently=True)',
    ),
    shows="fails",
    down=True,
)


@RULE.finds
def inside(step: Step) -> Hits:
    for each in step.all("CreateIndex", "DropIndex"):
        if each.options.get("postgresql_concurrently") and not each.autocommit:
            yield each.hit(
                f"{each.given.index_name} is asked for concurrently, in the revision's transaction"
            )
    for each in step.statements():
        if re.search(r"\bindex\s+concurrently\b", each.sql, re.IGNORECASE) and not each.autocommit:
            yield each.hit(each.sql)
