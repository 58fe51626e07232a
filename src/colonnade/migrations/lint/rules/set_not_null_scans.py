"""SET NOT NULL reads the whole table under the strongest lock."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="set-not-null-scans",
    databases=("postgresql",),
    happens="nobody can read or write the table while all rows are read",
    why="The server looks for a NULL under an ACCESS EXCLUSIVE lock, unless a valid CHECK proves that there's none.",
    rewrite="op.set_not_null_online, which has a CHECK (… IS NOT NULL) proved before",
    bad=('op.alter_column("clip", "title", existing_type=sa.String(80), nullable=False)',),
    good=('op.create_check_constraint("ck_note", "clip", "note IS NOT NULL", postgresql_not_valid=True)',),
    shows="locks",
    weighs=True,
)


@RULE.finds
def scanning(step: Step) -> Hits:
    checks = [each for each in step.before if each.kind == "CreateCheckConstraint"]
    # What an autocommit_block has added is there, and may be proved, when the next statement comes.
    checks += [each for each in step.all("CreateCheckConstraint") if each.autocommit]
    proven = " ".join(str(each.given.condition).lower() for each in checks)
    for each in step.on_old_tables("AlterColumn"):
        if each.given.modify_nullable is False and f"{each.column} is not null".lower() not in proven:
            yield each.hit(f"{each.table}.{each.column} becomes NOT NULL")
