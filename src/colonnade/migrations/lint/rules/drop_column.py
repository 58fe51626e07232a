"""A dropped column takes its values with it."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="drop-column",
    happens="its values are gone for good, and what still reads it fails",
    why="A downgrade can make the column again, but not its values; the release that runs meanwhile names it.",
    rewrite="stop using it in one release, drop it in the next",
    bad=('with op.batch_alter_table("clip") as batch:\n    batch.drop_column("note")',),
    good=('op.add_column("clip", sa.Column("comment", sa.Text))',),
    shows="gone",
)


@RULE.finds
def dropped(step: Step) -> Hits:
    for each in step.on_old_tables("DropColumn"):
        filled = f"{each.column} IS NOT NULL"
        yield each.hit(f"{each.table}.{each.column} is dropped", count=step.rows(each.table, filled))
