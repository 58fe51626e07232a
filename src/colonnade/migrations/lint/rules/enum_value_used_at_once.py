"""A new member of an enumeration, used in the transaction that adds it."""

from __future__ import annotations

import re
from typing import Any

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="enum-value-used-at-once",
    severity="error",
    databases=("postgresql",),
    happens="it fails: a new enum value must be committed before it can be used",
    why="An index on it might otherwise meet a value that a rollback takes away.",
    rewrite="add the value in an autocommit_block, or in a revision of its own before",
    bad=(
        'op.execute("CREATE TYPE mood AS ENUM (\'glad\')")\nop.execute("COMMIT")\nop.execute("BEGIN")\n'
        "op.execute(\"ALTER TYPE mood ADD VALUE 'sad'\")\nop.execute(\"SELECT 'sad'::mood\")",
    ),
    good=(
        "with op.get_context().autocommit_block():\n    op.execute(\"CREATE TYPE mood AS ENUM ('glad')\")\n"
        "    op.execute(\"ALTER TYPE mood ADD VALUE 'sad'\")\nop.execute(\"SELECT 'sad'::mood\")",
    ),
    shows="fails",
)

_ADDED = re.compile(r"alter\s+type\s+\S+\s+add\s+value\s+(?:if\s+not\s+exists\s+)?'([^']+)'", re.IGNORECASE)


@RULE.finds
def used(step: Step) -> Hits:
    added: dict[str, Any] = {}
    for each in step.statements():
        if (found := _ADDED.search(each.sql)) and not each.autocommit:
            added[found[1]] = each
        elif any(f"'{value}'" in each.sql for value in added):
            yield each.hit(f"{each.sql} uses a value that is added in the same transaction")
