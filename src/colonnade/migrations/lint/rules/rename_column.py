"""A renamed column is gone for what still uses the old name."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="rename-column",
    happens="what runs with the old name fails from that moment on",
    why="The release that runs while it is migrated, and the one that may be rolled back to, name the column.",
    rewrite="op.expand_column, which keeps both in step for a release, then op.contract_column",
    bad=(
        'with op.batch_alter_table("clip") as batch:\n'
        '    batch.alter_column("length", existing_type=sa.Integer, new_column_name="frames")',
    ),
    good=('op.add_column("clip", sa.Column("frames", sa.Integer))',),
    shows="gone",
)


@RULE.finds
def renamed(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        if each.given.modify_name:
            yield each.hit(f"{each.table}.{each.column} becomes {each.given.modify_name}")
