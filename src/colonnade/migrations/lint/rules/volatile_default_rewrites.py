"""A new column with a default that is another for each row."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="volatile-default-rewrites",
    databases=("postgresql",),
    happens="nobody can use the table while all of it is written anew",
    why="A default that's the same for all rows is kept once; one that isn't is computed and stored for each.",
    rewrite="add the column without a default, set the default then, and fill the rows in batches",
    bad=(
        'op.add_column("clip", sa.Column("token", sa.Text, server_default=sa.text("gen_random_uuid()::text")))',
    ),
    good=('op.add_column("clip", sa.Column("seen_at", sa.DateTime, server_default=sa.func.now()))',),
    shows="rewrites",
    weighs=True,
)

_VOLATILE = re.compile(
    r"\b(random|gen_random_uuid|uuid_generate_v\d\w*|clock_timestamp|nextval|timeofday)\s*\(", re.I
)


@RULE.finds
def rewritten(step: Step) -> Hits:
    for each in step.on_old_tables("AddColumn"):
        default = getattr(each.given.column.server_default, "arg", None)
        if default is not None and _VOLATILE.search(str(default)):
            yield each.hit(f"{each.table}.{each.column} has the default {default}")
