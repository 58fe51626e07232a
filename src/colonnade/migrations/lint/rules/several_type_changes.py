"""Several changes of type, each of which writes the table anew."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="several-type-changes",
    databases=("postgresql", "mysql"),
    happens="the table is written anew once for each",
    why="Alembic sends an ALTER TABLE for each column.",
    rewrite="one op.execute with ALTER TABLE … ALTER …, ALTER …: it's written once",
    bad=(
        'op.alter_column("empty", "number", existing_type=sa.BigInteger, type_=sa.Numeric(20))\n'
        'op.alter_column("empty", "project_id", existing_type=sa.Integer, type_=sa.BigInteger)',
    ),
    good=('op.alter_column("clip", "length", existing_type=sa.Integer, type_=sa.BigInteger)',),
    weighs=True,
)


@RULE.finds
def several(step: Step) -> Hits:
    seen: dict[str, int] = {}
    for each in step.on_old_tables("AlterColumn"):
        if each.given.modify_type is not None and not each.batch:
            seen[each.table] = seen.get(each.table, 0) + 1
            if seen[each.table] == 2:
                yield each.hit(f"{each.table} has more than one column of a new type")
