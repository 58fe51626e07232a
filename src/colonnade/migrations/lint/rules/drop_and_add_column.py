"""A column dropped and one like it added: a rename that forgets the values."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="drop-and-add-column",
    happens="if it is the same column under a new name, its values are lost",
    why="Autogenerate knows no renames: it writes a drop and an add.",
    rewrite="alter_column(…, new_column_name=…), or fill the new column before the old one goes",
    bad=(
        'with op.batch_alter_table("clip") as batch:\n    batch.drop_column("note")\n'
        '    batch.add_column(sa.Column("remark", sa.Text))',
    ),
    good=(
        'with op.batch_alter_table("clip") as batch:\n    batch.alter_column("note", new_column_name="remark", '
        "existing_type=sa.Text)",
    ),
    shows="gone",
)


@RULE.finds
def replaced(step: Step) -> Hits:
    written = " ".join(each.sql.lower() for each in step.statements())
    for gone in step.on_old_tables("DropColumn"):
        for new in step.all("AddColumn"):
            if new.table == gone.table and new.column.lower() not in written:
                yield gone.hit(f"{gone.table}.{gone.column} is dropped, and {new.column} is added")
                break
