"""A CHECK that rows break which are there."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="check-over-breaking-rows",
    databases=("postgresql", "mysql"),
    happens="it fails where a row breaks it",
    why="The servers try every row.",
    rewrite="mend these rows by an UPDATE in the revision, before the CHECK",
    bad=('op.create_check_constraint("ck_clip_length", "clip", "length > 15")',),
    good=(
        'op.execute("UPDATE clip SET length = 16 WHERE length <= 15")\n'
        'op.create_check_constraint("ck_clip_length", "clip", "length > 15", postgresql_not_valid=True)',
    ),
    shows="fails",
)


@RULE.finds
def broken(step: Step) -> Hits:
    mended = " ".join(each.sql.lower() for each in step.statements())
    for each in step.on_old_tables("CreateCheckConstraint"):
        if each.table.lower() in mended:
            continue
        rows = step.rows(each.table, f"NOT ({each.given.condition})")
        if rows != 0:
            message = (
                f"{each.given.constraint_name} of {each.table} is tried on rows that nothing mends before"
            )
            yield each.hit(message, count=rows, certain=bool(rows))
