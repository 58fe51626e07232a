"""A dropped table takes its rows with it."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="drop-table",
    happens="its rows are gone for good",
    why="A downgrade can make the table again, but not its rows; only a backup has them.",
    rewrite="let a release pass in which nothing uses it, export what is worth keeping, and drop it then",
    bad=('op.drop_table("clip")',),
    good=('op.drop_table("empty")\nop.create_table("empty", sa.Column("id", sa.Integer, primary_key=True))',),
    shows="gone",
)


@RULE.finds
def dropped(step: Step) -> Hits:
    for each in step.on_old_tables("DropTable"):
        if step.rows(each.table) != 0 and not _made_again(step, each.table):
            yield each.hit(f"{each.table} is dropped")


def _made_again(step: Step, table: str) -> bool:
    return table in step.made
