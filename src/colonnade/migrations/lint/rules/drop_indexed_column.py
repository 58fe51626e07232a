"""A dropped column that an index is about."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="drop-indexed-column",
    severity="error",
    databases=("sqlite",),
    happens="it fails: an index, or a key, names the column",
    why="SQLite drops no column that its schema still names.",
    rewrite="drop the index first, or use a batch",
    bad=('op.drop_column("clip", "code")',),
    good=('op.drop_index("ix_clip_length_code", "clip")\nop.drop_column("clip", "code")',),
    shows="fails",
)


@RULE.finds
def named(step: Step) -> Hits:
    dropped = {str(each.given.index_name) for each in step.all("DropIndex")}
    for each in step.on_old_tables("DropColumn"):
        for name, columns in step.keys_before(each.table):
            if not each.batch and each.column in columns and name not in dropped:
                yield each.hit(f"{each.table}.{each.column} is named by {name}")
