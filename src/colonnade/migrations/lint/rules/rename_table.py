"""A renamed table is gone for what still uses the old name."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="rename-table",
    happens="what runs with the old name fails from that moment on",
    why="The release that runs while it is migrated, and the one that may be rolled back to, name the table.",
    rewrite="rename it, and make a view of the old name in the same revision, for a release",
    bad=('op.rename_table("empty", "vacant")',),
    good=('op.rename_table("empty", "vacant")\nop.execute("CREATE VIEW empty AS SELECT * FROM vacant")',),
    shows="gone",
)


@RULE.finds
def renamed(step: Step) -> Hits:
    views = " ".join(each.sql.lower() for each in step.statements() if "create" in each.sql.lower()[:6])
    for each in step.on_old_tables("RenameTable"):
        if f"view {each.table}".lower() not in views:
            yield each.hit(f"{each.table} becomes {each.given.new_table_name}")
