"""A DATETIME that keeps whole seconds."""

from __future__ import annotations

from sqlalchemy import DateTime

from colonnade.migrations.lint.helping import new_columns, variant
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="datetime-without-fraction",
    databases=("mysql",),
    happens="parts of a second are cut from everything that is written to it",
    why="DATETIME and TIME without a precision keep none.",
    rewrite="mysql.DATETIME(fsp=6), or colonnade.models.UTCDateTime",
    bad=('op.add_column("clip", sa.Column("seen_at", sa.DateTime))',),
    good=('op.add_column("clip", sa.Column("seen_at", mysql.DATETIME(fsp=6)))',),
)


@RULE.finds
def cut(step: Step) -> Hits:
    for each, column in new_columns(step):
        kind = variant(column.type, step.database)
        plain = type(kind).__module__.startswith("sqlalchemy.")
        if plain and isinstance(kind, DateTime) and not getattr(kind, "fsp", None):
            yield each.hit(f"{each.table}.{column.name} is DATETIME")
