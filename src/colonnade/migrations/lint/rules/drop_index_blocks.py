"""An index dropped while nobody may use the table."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="drop-index-blocks",
    severity="info",
    databases=("postgresql",),
    happens="nobody can use the table until the transaction ends; readers queue behind it",
    why="DROP INDEX takes an ACCESS EXCLUSIVE lock on the table.",
    rewrite="postgresql_concurrently=True, inside `with op.get_context().autocommit_block():`",
    bad=('op.drop_index("ix_clip_length_code", "clip")',),
    good=(
        "with op.get_context().autocommit_block():\n"
        '    op.drop_index("ix_clip_length_code", "clip", postgresql_concurrently=True)',
    ),
    shows="locks",
    weighs=True,
)


@RULE.finds
def blocking(step: Step) -> Hits:
    for each in step.on_old_tables("DropIndex"):
        if not each.options.get("postgresql_concurrently"):
            yield each.hit(f"{each.given.index_name} is dropped")
