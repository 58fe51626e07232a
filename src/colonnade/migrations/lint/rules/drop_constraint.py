"""What a dropped constraint held may be broken from then on."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="drop-constraint",
    severity="info",
    databases=("postgresql", "mysql"),
    happens="rows that break it can be written from now on, and a downgrade may fail on them",
    why="Nothing else holds the rule, unless the application does.",
    rewrite="make the constraint that takes its place before it goes, in the same revision",
    bad=('op.drop_constraint("fk_clip_project", "clip", type_="foreignkey")',),
    good=(
        'op.drop_constraint("fk_clip_project", "clip", type_="foreignkey")\n'
        'op.create_foreign_key("fk_clip_of_project", "clip", "project", ["project_id"], ["id"], '
        "postgresql_not_valid=True)",
    ),
    shows="gone",
)


@RULE.finds
def dropped(step: Step) -> Hits:
    made = {
        each.table for each in step.all("CreateForeignKey", "CreateUniqueConstraint", "CreateCheckConstraint")
    }
    for each in step.on_old_tables("DropConstraint"):
        if each.table not in made:
            yield each.hit(f"{each.given.constraint_name} of {each.table} is dropped")
