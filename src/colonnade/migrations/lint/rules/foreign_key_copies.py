"""A foreign key for which MySQL and MariaDB copy the table."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="foreign-key-copies",
    databases=("mysql",),
    happens="nobody can write to the table while all of it is copied and checked",
    why="With foreign_key_checks on, ADD FOREIGN KEY can't be done in place.",
    rewrite="make it with the table; else at an hour when writers can wait, after a query for rows without a parent",
    bad=('op.create_foreign_key("fk_other", "clip", "project", ["project_id"], ["id"])',),
    good=(
        'op.create_table("song", sa.Column("id", sa.Integer, sa.ForeignKey("project.id"), primary_key=True))',
    ),
    shows="copies",
    weighs=True,
)


@RULE.finds
def copied(step: Step) -> Hits:
    for each in step.on_old_tables("CreateForeignKey"):
        yield each.hit(f"{each.given.constraint_name} of {each.table} to {each.given.referent_table}")
