"""A time type with fewer digits of a second."""

from __future__ import annotations

from sqlalchemy import DateTime

from colonnade.migrations.lint.helping import variant
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="narrow-time",
    databases=("postgresql", "mysql"),
    happens="parts of a second are rounded or cut without an error",
    why="MariaDB's DATETIME without a precision keeps whole seconds; PostgreSQL rounds to TIMESTAMP(0).",
    rewrite="keep six digits: mysql.DATETIME(fsp=6), postgresql.TIMESTAMP()",
    bad=(
        'op.alter_column("clip", "made_at", existing_type=mysql.DATETIME(fsp=6), '
        'type_=sa.DateTime().with_variant(postgresql.TIMESTAMP(precision=0), "postgresql"))',
    ),
    shows="loses",
)


@RULE.finds
def narrowed(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        after = each.given.modify_type
        if after is None or not isinstance(variant(after, step.database), DateTime):
            continue
        found = variant(after, step.database)
        digits = (
            getattr(found, "precision", None)
            if step.database == "postgresql"
            else getattr(found, "fsp", None)
        )
        whole = digits is None if step.database == "mysql" else digits is not None
        if whole or (digits is not None and digits < 6):
            yield each.hit(f"{each.table}.{each.column} keeps {digits or 0} digits of a second")
