"""A unique constraint made while nobody may use the table."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="unique-blocks",
    databases=("postgresql",),
    happens="nobody can read or write the table while its index is made",
    why="ADD CONSTRAINT … UNIQUE makes the index under an ACCESS EXCLUSIVE lock.",
    rewrite="make a unique index concurrently, then ALTER TABLE … ADD CONSTRAINT … UNIQUE USING INDEX",
    bad=('op.create_unique_constraint("uq_clip_title", "clip", ["title"])',),
    good=(
        'with op.get_context().autocommit_block():\n    op.create_index("uq_clip_title", "clip", ["title"], '
        "unique=True, postgresql_concurrently=True)\n"
        'op.execute("ALTER TABLE clip ADD CONSTRAINT uq_clip_title UNIQUE USING INDEX uq_clip_title")',
    ),
    shows="locks",
    weighs=True,
)


@RULE.finds
def blocking(step: Step) -> Hits:
    for each in step.on_old_tables("CreateUniqueConstraint"):
        yield each.hit(f"{each.given.constraint_name} is made on {each.table}")
