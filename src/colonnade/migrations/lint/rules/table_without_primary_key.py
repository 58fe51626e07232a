"""A table without a primary key."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="table-without-primary-key",
    happens="a row can't be told from one like it: no update by key, no audit entry, no replica that keeps up",
    why="Nothing names a row.",
    rewrite="a primary key, if need be over all columns",
    bad=('op.create_table("song", sa.Column("title", sa.String(80)))',),
    good=('op.create_table("song", sa.Column("id", sa.Integer, primary_key=True))',),
    shows="accepts",
)


@RULE.finds
def without(step: Step) -> Hits:
    keyed = {each.table for each in step.all("CreatePrimaryKey")}
    for each in step.all("CreateTable"):
        parts = each.given.columns
        keys = any(getattr(part, "primary_key", False) is True for part in parts)
        keys = keys or any(isinstance(part, PrimaryKeyConstraint) for part in parts)
        if not keys and each.table not in keyed:
            yield each.hit(f"{each.table} has no primary key")
