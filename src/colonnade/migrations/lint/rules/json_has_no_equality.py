"""A column of PostgreSQL's JSON, which can't be compared."""

from __future__ import annotations

from colonnade.migrations.lint.helping import new_columns, variant
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="json-has-no-equality",
    severity="info",
    databases=("postgresql",),
    happens="DISTINCT, GROUP BY, UNION and = over it fail",
    why="The type json keeps the text and has no operator =; jsonb has.",
    rewrite="postgresql.JSONB, or colonnade.models.Json",
    bad=('op.add_column("clip", sa.Column("data", sa.JSON))',),
    good=('op.add_column("clip", sa.Column("data", postgresql.JSONB))',),
)


@RULE.finds
def plain(step: Step) -> Hits:
    for each, column in new_columns(step):
        if type(variant(column.type, step.database)).__name__ == "JSON":
            yield each.hit(f"{each.table}.{column.name} is json")
