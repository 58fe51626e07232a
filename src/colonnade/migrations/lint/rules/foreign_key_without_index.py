"""A foreign key whose column has no index."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, UniqueConstraint

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="foreign-key-without-index",
    severity="info",
    databases=("sqlite", "postgresql"),
    happens="each delete of a parent reads the whole child table",
    why="Only MySQL and MariaDB make that index by themselves.",
    rewrite="op.create_index over the column, in the same revision",
    bad=(
        'op.create_table("song", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id")))',
    ),
    good=(
        'op.create_table("song", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id"), index=True))',
        'op.create_table("song", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("project_id", sa.Integer, sa.ForeignKey("project.id")))\n'
        'op.create_index("ix_song", "song", ["project_id"])',
    ),
    shows="accepts",
)


@RULE.finds
def without(step: Step) -> Hits:
    indexed = {
        (each.table, str(each.given.columns[0])) for each in step.all("CreateIndex") if each.given.columns
    }
    indexed |= {
        (each.table, str(each.given.columns[0]))
        for each in step.all("CreateUniqueConstraint")
        if each.given.columns
    }
    for each in step.all("CreateTable"):
        firsts = {
            str(next(iter(part._pending_colargs), "") if hasattr(part, "_pending_colargs") else "")
            for part in each.given.columns
            if isinstance(part, PrimaryKeyConstraint | UniqueConstraint)
        }
        for column in each.given.columns:
            if not isinstance(column, Column) or not column.foreign_keys:
                continue
            served = column.primary_key or column.unique or column.index or column.name in firsts
            if not served and (each.table, column.name) not in indexed:
                yield each.hit(f"{each.table}.{column.name} refers to another table and has no index")
