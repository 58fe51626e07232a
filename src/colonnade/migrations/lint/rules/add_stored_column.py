"""A new stored generated column."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="add-stored-column",
    severity="error",
    databases=("sqlite",),
    happens="it fails: cannot add a STORED column",
    why="Every row would have to be written.",
    rewrite="persisted=False, or a batch with recreate='always'",
    bad=('op.add_column("clip", sa.Column("twice", sa.Integer, sa.Computed("length * 2", persisted=True)))',),
    good=(
        'op.add_column("clip", sa.Column("twice", sa.Integer, sa.Computed("length * 2", persisted=False)))',
    ),
    shows="fails",
)


@RULE.finds
def stored(step: Step) -> Hits:
    for each in step.on_old_tables("AddColumn"):
        computed = each.given.column.computed
        if computed is not None and computed.persisted and not each.batch:
            yield each.hit(f"{each.table}.{each.column} is stored")
