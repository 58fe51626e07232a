"""A foreign key over rows that have no parent."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="foreign-key-over-orphans",
    databases=("postgresql", "mysql"),
    happens="it fails where a row has no parent",
    why="The servers look for the parent of every row.",
    rewrite="mend or delete these rows in the revision, before it",
    bad=('op.create_foreign_key("fk_length", "clip", "project", ["length"], ["id"])',),
    good=(
        'op.execute("UPDATE clip SET length = NULL WHERE length > 2")\n'
        'op.create_foreign_key("fk_length", "clip", "project", ["length"], ["id"], postgresql_not_valid=True)',
    ),
    shows="fails",
)


@RULE.finds
def orphaned(step: Step) -> Hits:
    mended = " ".join(each.sql.lower() for each in step.statements())
    for each in step.on_old_tables("CreateForeignKey"):
        asked = each.given
        if len(asked.local_cols) != 1 or each.table.lower() in mended or asked.referent_table in step.made:
            continue
        own, theirs = asked.local_cols[0], asked.remote_cols[0]
        alone = f"{own} IS NOT NULL AND {own} NOT IN (SELECT {theirs} FROM {asked.referent_table})"
        rows = step.rows(each.table, alone)
        if rows != 0:
            message = (
                f"{each.table}.{own} refers to {asked.referent_table}, and nothing looks for orphans before"
            )
            yield each.hit(message, count=rows, certain=bool(rows))
