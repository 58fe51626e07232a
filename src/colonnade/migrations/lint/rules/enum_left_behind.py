"""A dropped table leaves the type of its enumeration."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Enum

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="enum-left-behind",
    severity="info",
    databases=("postgresql",),
    happens="the type stays, and an upgrade that makes it again fails",
    why="A type of PostgreSQL's is a thing of its own; Alembic drops it with no table.",
    rewrite='op.execute("DROP TYPE …") after it, or keep enumerations as text with a CHECK',
    bad=('op.create_table("mood", sa.Column("m", sa.Enum("a", "b", name="moods")))\nop.drop_table("mood")',),
    good=(
        'op.create_table("mood", sa.Column("m", sa.Enum("a", "b", name="moods")))\nop.drop_table("mood")\n'
        'op.execute("DROP TYPE moods")',
    ),
    shows="accepts",
    down=True,
)


@RULE.finds
def left(step: Step) -> Hits:
    dropped = " ".join(each.sql.lower() for each in step.statements() if "drop type" in each.sql.lower())
    made = {each.table: each for each in (*step.before, *step.operations) if each.kind == "CreateTable"}
    for each in step.all("DropTable"):
        for column in made[each.table].given.columns if each.table in made else ():
            kind: Any = getattr(column, "type", None)
            native = isinstance(kind, Enum) and kind.native_enum and type(kind).__name__ in ("Enum", "ENUM")
            if native and str(kind.name).lower() not in dropped:
                yield each.hit(f"{each.table} goes, and the type {kind.name} stays")
