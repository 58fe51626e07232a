"""A FLOAT of single precision."""

from __future__ import annotations

from sqlalchemy import Double

from colonnade.migrations.lint.helping import new_columns, variant
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="float-of-single-precision",
    databases=("mysql",),
    happens="values keep some seven digits: 0.1 + 0.2 comes back as 0.3, and 16777217 as 16777216",
    why="FLOAT is of four bytes on MySQL and MariaDB.",
    rewrite="sa.Double, or sa.Numeric(p, s) for money",
    bad=('op.add_column("clip", sa.Column("gain", sa.Float))',),
    good=('op.add_column("clip", sa.Column("gain", sa.Double))',),
)


@RULE.finds
def single(step: Step) -> Hits:
    for each, column in new_columns(step):
        kind = variant(column.type, step.database)
        single = type(kind).__name__ in ("Float", "FLOAT") and not isinstance(kind, Double)
        if single and (kind.precision or 0) <= 24:
            yield each.hit(f"{each.table}.{column.name} is FLOAT")
