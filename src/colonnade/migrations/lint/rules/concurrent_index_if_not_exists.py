"""IF NOT EXISTS takes an index that was left invalid for the one that's wanted."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="concurrent-index-if-not-exists",
    databases=("postgresql",),
    happens="an invalid index of that name, left by a try that failed, stays, and serves nobody",
    why="IF NOT EXISTS looks at the name alone.",
    rewrite="drop it first, concurrently and if_exists=True, and make it without IF NOT EXISTS",
    bad=(
        "with op.get_context().autocommit_block():\n"
        '    op.create_index("ix_clip_title", "clip", ["title"], postgresql_concurrently=True, if_not_exists=True)',
    ),
    good=(
        "with op.get_context().autocommit_block():\n"
        '    op.drop_index("ix_clip_title", "clip", postgresql_concurrently=True, if_exists=True)\n'
        '    op.create_index("ix_clip_title", "clip", ["title"], postgresql_concurrently=True)',
    ),
    down=True,
)


@RULE.finds
def hidden(step: Step) -> Hits:
    for each in step.all("CreateIndex"):
        if each.options.get("postgresql_concurrently") and each.given.if_not_exists:
            yield each.hit(f"{each.given.index_name} is made concurrently, unless there is one of the name")
