"""A unique key over rows that are alike."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="unique-over-duplicates",
    happens="it fails where two rows have the same values; on MySQL and MariaDB with what came before committed",
    why="The database compares all rows.",
    rewrite="find and mend the duplicates in the revision before it; say which row stays",
    bad=('op.create_index("uq_clip_code", "clip", ["code"], unique=True)',),
    good=(
        'op.execute("UPDATE clip SET code = NULL WHERE id = 3")\n'
        'op.create_index("uq_clip_code", "clip", ["code"], unique=True)',
    ),
    shows="fails",
)


@RULE.finds
def doubled(step: Step) -> Hits:
    mended = " ".join(each.sql.lower() for each in step.statements())
    for each in step.on_old_tables("CreateIndex", "CreateUniqueConstraint"):
        unique = each.kind == "CreateUniqueConstraint" or each.given.unique
        new = {one.column for one in step.all("AddColumn") if one.table == each.table}
        if not unique or each.table.lower() in mended or new & set(map(str, each.given.columns)):
            continue
        columns = ", ".join(map(str, each.given.columns))
        filled = " AND ".join(f"{column} IS NOT NULL" for column in map(str, each.given.columns))
        same = f"({columns}) IN (SELECT {columns} FROM {each.table} WHERE {filled} GROUP BY {columns} HAVING count(*) > 1)"
        alike = step.rows(each.table, same)
        if alike != 0:
            message = f"{columns} of {each.table} become unique, and nothing makes them so before"
            yield each.hit(message, count=alike, certain=bool(alike))
