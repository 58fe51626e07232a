"""A time that keeps no zone."""

from __future__ import annotations

from sqlalchemy import DateTime

from colonnade.migrations.lint.helping import new_columns, variant
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="timestamp-without-zone",
    severity="info",
    databases=("postgresql",),
    happens="the instant that it stands for depends on what each client takes it for",
    why="timestamp without time zone drops the offset of what it's given.",
    rewrite="sa.DateTime(timezone=True), or colonnade.models.UTCDateTime",
    bad=('op.add_column("clip", sa.Column("seen_at", sa.DateTime))',),
    good=('op.add_column("clip", sa.Column("seen_at", sa.DateTime(timezone=True)))',),
)


@RULE.finds
def without(step: Step) -> Hits:
    for each, column in new_columns(step):
        kind = variant(column.type, step.database)
        plain = type(kind).__module__.startswith("sqlalchemy.") and isinstance(kind, DateTime)
        if plain and not kind.timezone:
            yield each.hit(f"{each.table}.{column.name} has no zone")
