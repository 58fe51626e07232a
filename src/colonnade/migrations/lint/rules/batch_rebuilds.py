"""A batch that makes the table anew."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="batch-rebuilds",
    severity="info",
    databases=("sqlite",),
    happens="the table is copied whole; by plain Alembic its triggers, collations and counters go, under Colonnade they stay",
    why="SQLite has no ALTER COLUMN: a new table takes the place of the old one.",
    rewrite="nothing, under Colonnade; elsewhere make again what went, and look at the foreign keys first",
    bad=(
        'with op.batch_alter_table("clip") as batch:\n'
        '    batch.alter_column("length", existing_type=sa.Integer, type_=sa.BigInteger)',
    ),
    good=('with op.batch_alter_table("clip") as batch:\n    batch.add_column(sa.Column("x", sa.Integer))',),
    weighs=True,
)

_IN_PLACE = ("AddColumn", "CreateIndex", "DropIndex")


@RULE.finds
def rebuilt(step: Step) -> Hits:
    seen: set[str] = set()
    for each in step.operations:
        if each.batch and each.kind not in _IN_PLACE and each.table not in step.made | seen:
            seen.add(each.table)
            yield each.hit(f"{each.table} is made anew")
