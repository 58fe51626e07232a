"""A primary key made while nobody may use the table."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="primary-key-blocks",
    databases=("postgresql",),
    happens="nobody can read or write the table while its index is made",
    why="ADD PRIMARY KEY makes a unique index under an ACCESS EXCLUSIVE lock, and looks for NULLs.",
    rewrite="make a unique index concurrently, then ADD CONSTRAINT … PRIMARY KEY USING INDEX",
    bad=(
        'op.execute("ALTER TABLE clip DROP CONSTRAINT clip_pkey")\nop.create_primary_key("pk_clip", "clip", ["id"])',
    ),
    shows="locks",
    weighs=True,
)


@RULE.finds
def blocking(step: Step) -> Hits:
    for each in step.on_old_tables("CreatePrimaryKey"):
        yield each.hit(f"{each.table} gets a primary key")
