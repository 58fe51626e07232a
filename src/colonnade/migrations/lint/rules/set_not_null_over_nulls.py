"""NOT NULL over rows that have a NULL."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="set-not-null-over-nulls",
    happens="it fails where a row has a NULL",
    why="The database looks at every row.",
    rewrite="fill the NULLs by an UPDATE in the revision before it",
    bad=(
        'with op.batch_alter_table("clip") as batch:\n    batch.alter_column("note", existing_type=sa.Text, nullable=False)',
    ),
    good=(
        "op.execute(\"UPDATE clip SET note = '' WHERE note IS NULL\")\n"
        'with op.batch_alter_table("clip") as batch:\n'
        '    batch.alter_column("note", existing_type=sa.Text, nullable=False)',
    ),
    shows="fails",
)


@RULE.finds
def narrowed(step: Step) -> Hits:
    updated = " ".join(each.sql.lower() for each in step.statements())
    for each in step.on_old_tables("AlterColumn"):
        if each.given.modify_nullable is False and f"update {each.table}".lower() not in updated:
            nulls = step.rows(each.table, f"{each.column} IS NULL")
            if nulls != 0:
                message = f"{each.table}.{each.column} becomes NOT NULL, and nothing fills it before"
                yield each.hit(message, count=nulls, certain=bool(nulls))
