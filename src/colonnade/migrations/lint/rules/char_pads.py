"""CHAR(n) pads with spaces."""

from __future__ import annotations

from sqlalchemy import CHAR

from colonnade.migrations.lint.helping import new_columns, variant
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="char-pads",
    severity="info",
    databases=("postgresql", "mysql"),
    happens="values are padded with spaces, or lose the ones at their end",
    why="That's what the SQL standard says of CHARACTER(n).",
    rewrite="sa.String(n), with a CHECK where the length is fixed",
    bad=('op.add_column("clip", sa.Column("letter", sa.CHAR(3)))',),
    good=('op.add_column("clip", sa.Column("letter", sa.String(3)))',),
)


@RULE.finds
def padded(step: Step) -> Hits:
    for each, column in new_columns(step):
        if isinstance(variant(column.type, step.database), CHAR):
            yield each.hit(f"{each.table}.{column.name} is {column.type}")
