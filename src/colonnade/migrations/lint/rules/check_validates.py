"""A CHECK tried on all rows under the strongest lock."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="check-validates",
    databases=("postgresql",),
    happens="nobody can read or write the table while all rows are checked",
    why="ADD CONSTRAINT … CHECK reads the table under an ACCESS EXCLUSIVE lock.",
    rewrite="op.create_check_online; or postgresql_not_valid=True, and VALIDATE CONSTRAINT in a revision after it",
    bad=('op.create_check_constraint("ck_clip_length", "clip", "length >= 0")',),
    good=('op.create_check_constraint("ck_clip_length", "clip", "length >= 0", postgresql_not_valid=True)',),
    shows="locks",
    weighs=True,
)


@RULE.finds
def validating(step: Step) -> Hits:
    for each in step.on_old_tables("CreateCheckConstraint"):
        if not each.options.get("postgresql_not_valid"):
            yield each.hit(f"{each.given.constraint_name} of {each.table}")
