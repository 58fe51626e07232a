"""A new column whose default SQLite would have to compute."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="add-column-default-not-constant",
    databases=("sqlite",),
    happens="it fails where the table has rows: Cannot add a column with non-constant default",
    why="SQLite keeps such a default once, for all rows that are there.",
    rewrite="add it in a batch with recreate='always', or nullable, and fill it",
    bad=('op.add_column("clip", sa.Column("seen_at", sa.DateTime, server_default=sa.func.now()))',),
    good=('op.add_column("clip", sa.Column("seen_at", sa.DateTime, server_default="2026-01-01"))',),
    shows="fails",
)

_CONSTANT = re.compile(
    r"\(?\s*(-?\d+(\.\d+)?|'([^']|'')*'|null|true|false|x'[0-9a-f]*')\s*\)?$", re.IGNORECASE
)


@RULE.finds
def computed(step: Step) -> Hits:
    for each in step.on_old_tables("AddColumn"):
        default = getattr(each.given.column.server_default, "arg", None)
        constant = default is None or isinstance(default, str) or _CONSTANT.match(str(default))
        if not each.batch and not constant and step.rows(each.table) != 0:
            yield each.hit(f"{each.table}.{each.column} has the default {default}")
