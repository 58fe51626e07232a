"""Changed rows before DDL, which commits them."""

from __future__ import annotations

import re

from colonnade.migrations.lint.helping import is_ddl
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="data-before-ddl",
    databases=("mysql",),
    happens="the DDL commits the rows: a failure after it leaves the revision half done",
    why="Every DDL statement of MySQL and MariaDB ends the transaction before it.",
    rewrite="put the change of rows into a revision of its own; Colonnade's journal goes on after a failure",
    bad=(
        'op.execute("UPDATE clip SET length = 1 WHERE id = 1")\nop.add_column("clip", sa.Column("x", sa.Integer))',
    ),
    good=('op.add_column("clip", sa.Column("x", sa.Integer))',),
    shows="commits",
    down=True,
)

_DATA = re.compile(r"(insert|update|delete|replace)\b", re.IGNORECASE)


@RULE.finds
def committed(step: Step) -> Hits:
    changed = None
    for each in step.operations:
        if each.kind == "BulkInsert" or (each.kind == "ExecuteSQL" and _DATA.match(each.sql)):
            changed = changed or each
        elif changed is not None and (each.kind != "ExecuteSQL" or is_ddl(each.sql)):
            yield changed.hit(f"{changed.sql or 'rows are inserted'}, and {each.kind} comes after it")
            return
