"""A foreign key checked against all rows while both tables are locked."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="foreign-key-validates",
    databases=("postgresql",),
    happens="nobody can write to either table while all rows are checked",
    why="The constraint is validated under a SHARE ROW EXCLUSIVE lock on both.",
    rewrite="op.create_foreign_key_online; or postgresql_not_valid=True, and VALIDATE CONSTRAINT in a later revision",
    bad=('op.create_foreign_key("fk_empty_project", "clip", "project", ["project_id"], ["id"])',),
    good=(
        'op.create_foreign_key("fk_other", "clip", "project", ["project_id"], ["id"], postgresql_not_valid=True)',
    ),
    shows="locks",
    weighs=True,
)


@RULE.finds
def validating(step: Step) -> Hits:
    for each in step.on_old_tables("CreateForeignKey"):
        if not each.options.get("postgresql_not_valid"):
            yield each.hit(f"{each.given.constraint_name} of {each.table} to {each.given.referent_table}")
