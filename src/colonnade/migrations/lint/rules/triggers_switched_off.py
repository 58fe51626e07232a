"""Triggers switched off."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="triggers-switched-off",
    databases=("postgresql",),
    happens="what the triggers keep isn't kept: audit entries, times of change, foreign keys",
    why="DISABLE TRIGGER ALL and session_replication_role switch off those of foreign keys, too.",
    rewrite="leave them on; where one must be off, name that one, and switch it on in the same revision",
    bad=('op.execute("ALTER TABLE clip DISABLE TRIGGER ALL")',),
)


@RULE.finds
def off(step: Step) -> Hits:
    for each in step.statements():
        if re.search(
            r"\bdisable\s+trigger\b|session_replication_role\s*(=|to)\s*'?(replica|local)", each.sql, re.I
        ):
            yield each.hit(each.sql)
