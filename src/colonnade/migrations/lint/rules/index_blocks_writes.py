"""An index made while nobody may write."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="index-blocks-writes",
    databases=("postgresql",),
    happens="nobody can write to the table while the index is made",
    why="CREATE INDEX holds a SHARE lock from its begin to the end of the transaction.",
    rewrite="op.create_index_online; or postgresql_concurrently=True, in an autocommit_block",
    bad=('op.create_index("ix_clip_title", "clip", ["title"])',),
    good=(
        "with op.get_context().autocommit_block():\n"
        '    op.create_index("ix_clip_title", "clip", ["title"], postgresql_concurrently=True)',
        'op.create_table("song", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.Text))\n'
        'op.create_index("ix_song_title", "song", ["title"])',
    ),
    shows="locks",
    weighs=True,
)


@RULE.finds
def blocking(step: Step) -> Hits:
    for each in step.on_old_tables("CreateIndex"):
        if not each.options.get("postgresql_concurrently"):
            yield each.hit(f"{each.given.index_name} is made on {each.table}")
