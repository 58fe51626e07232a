"""An index over a dropped column goes, or shrinks, with it."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="drop-column-takes-index",
    databases=("postgresql", "mysql"),
    happens="the index goes with it on PostgreSQL, and is about the other columns alone on MySQL and MariaDB",
    why="The server says nothing of it; queries that the index served become slow.",
    rewrite="drop the index by name first, and make one over the columns that stay",
    bad=('op.drop_column("clip", "code")',),
    good=('op.drop_index("ix_clip_length_code", "clip")\nop.drop_column("clip", "code")',),
    shows="gone",
)


@RULE.finds
def dropped(step: Step) -> Hits:
    by_name = {str(each.given.index_name) for each in step.all("DropIndex")}
    by_name |= {str(each.given.constraint_name) for each in step.all("DropConstraint")}
    for each in step.on_old_tables("DropColumn"):
        for name, columns in step.keys_before(each.table):
            if each.column in columns and len(columns) > 1 and name not in by_name:
                yield each.hit(f"{name} over {', '.join(columns)} loses {each.column}")
