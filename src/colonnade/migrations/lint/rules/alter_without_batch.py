"""An ALTER that SQLite doesn't have."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="alter-without-batch",
    severity="error",
    databases=("sqlite",),
    happens="it fails: SQLite has no ALTER COLUMN, and adds or drops no constraint",
    why="Such a change makes the table anew, which Alembic does in a batch alone.",
    rewrite="with op.batch_alter_table(…) as batch: batch.alter_column(…)",
    bad=('op.alter_column("clip", "length", existing_type=sa.Integer, type_=sa.BigInteger)',),
    good=(
        'with op.batch_alter_table("clip") as batch:\n'
        '    batch.alter_column("length", existing_type=sa.Integer, type_=sa.BigInteger)',
    ),
    shows="fails",
    down=True,
)

_CONSTRAINTS = ("CreateForeignKey", "CreateUniqueConstraint", "CreateCheckConstraint", "CreatePrimaryKey")


@RULE.finds
def outside(step: Step) -> Hits:
    for each in step.all("AlterColumn", "DropConstraint", *_CONSTRAINTS):
        renames = each.kind == "AlterColumn" and each.given.modify_name and each.given.modify_type is None
        others = each.kind == "AlterColumn" and (
            each.given.modify_nullable is not None or each.given.modify_server_default is not False
        )
        if not each.batch and not (renames and not others):
            yield each.hit(f"{each.kind} on {each.table} outside of a batch")
