"""SET NOT NULL reads the whole table under the strongest lock."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="set-not-null-scans",
    databases=("postgresql",),
    happens="nobody can read or write the table while all rows are read",
    why="The server looks for a NULL under an ACCESS EXCLUSIVE lock, unless a valid CHECK proves that there's none.",
    rewrite="add CHECK (… IS NOT NULL) NOT VALID, validate it in a revision after it, then SET NOT NULL and drop it",
    bad=('op.alter_column("clip", "title", existing_type=sa.String(80), nullable=False)',),
    good=('op.create_check_constraint("ck_note", "clip", "note IS NOT NULL", postgresql_not_valid=True)',),
    shows="locks",
    weighs=True,
)


@RULE.finds
def scanning(step: Step) -> Hits:
    proven = " ".join(
        str(each.given.condition).lower() for each in step.before if each.kind == "CreateCheckConstraint"
    )
    for each in step.on_old_tables("AlterColumn"):
        if each.given.modify_nullable is False and f"{each.column} is not null".lower() not in proven:
            yield each.hit(f"{each.table}.{each.column} becomes NOT NULL")
