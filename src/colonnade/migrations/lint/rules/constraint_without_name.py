"""A constraint without a name."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="constraint-without-name",
    happens="nobody can drop it by name: each server calls it otherwise, and SQLite not at all",
    why="Names that databases make up differ, and change when a table is made anew.",
    rewrite="give it a name, or the metadata a naming convention",
    bad=(
        'with op.batch_alter_table("clip") as batch:\n'
        '    batch.create_unique_constraint(None, ["title", "id"])',
    ),
    good=(
        'with op.batch_alter_table("clip") as batch:\n'
        '    batch.create_unique_constraint("uq_clip_title_id", ["title", "id"])',
    ),
    down=True,
)

_MADE = ("CreateUniqueConstraint", "CreateForeignKey", "CreateCheckConstraint")


@RULE.finds
def unnamed(step: Step) -> Hits:
    for each in step.all(*_MADE, "DropConstraint"):
        if each.given.constraint_name is None:
            yield each.hit(f"{each.kind} on {each.table} names none")
