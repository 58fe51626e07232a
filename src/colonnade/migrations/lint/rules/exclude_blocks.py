"""An exclusion constraint made while nobody may use the table."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="exclude-blocks",
    databases=("postgresql",),
    happens="nobody can read or write the table while its index is made",
    why="There is no concurrent way to make one.",
    rewrite="make it on an empty table, or at an hour when the table may be shut",
    bad=('op.create_exclude_constraint("ex_clip", "clip", ("id", "="), using="btree")',),
    shows="locks",
    weighs=True,
)


@RULE.finds
def blocking(step: Step) -> Hits:
    for each in step.on_old_tables("CreateExcludeConstraint"):
        yield each.hit(f"{each.given.constraint_name} is made on {each.table}")
