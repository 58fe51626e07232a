"""Rows and schema changed by one revision."""

from __future__ import annotations

import re

from colonnade.migrations.lint.helping import names_in
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="data-and-schema",
    severity="info",
    databases=("postgresql",),
    happens="the lock of the schema's change is held until all rows are changed",
    why="A revision is one transaction, and locks last to its end.",
    rewrite="change the rows in a revision of its own, in batches where there are many",
    bad=(
        'op.add_column("clip", sa.Column("x", sa.Integer))\nop.execute("UPDATE clip SET x = 1 WHERE x IS NULL")',
    ),
    good=('op.add_column("clip", sa.Column("x", sa.Integer))',),
    weighs=True,
)

_LOCKING = (
    "AddColumn",
    "DropColumn",
    "AlterColumn",
    "CreateForeignKey",
    "CreateCheckConstraint",
    "CreateIndex",
)


@RULE.finds
def together(step: Step) -> Hits:
    locked = {each.table for each in step.on_old_tables(*_LOCKING)}
    for each in step.statements():
        if (
            re.match(r"(update|delete|insert)\b", each.sql, re.IGNORECASE)
            and set(names_in(each.sql)) & locked
        ):
            yield each.hit(f"{each.sql}, beside a change of the table's schema")
