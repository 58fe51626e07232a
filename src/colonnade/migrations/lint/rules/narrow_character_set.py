"""A character set that has no room for all characters."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="narrow-character-set",
    databases=("mysql",),
    happens="an emoji, and many a name in Chinese, is refused",
    why="utf8 is utf8mb3 there: three bytes a character; latin1 has 256 characters.",
    rewrite='mysql_charset="utf8mb4"',
    bad=(
        'op.create_table("song", sa.Column("id", sa.Integer, primary_key=True), sa.Column("t", sa.String(9)), '
        'mysql_charset="utf8mb3")',
    ),
    good=(
        'op.create_table("song", sa.Column("id", sa.Integer, primary_key=True), sa.Column("t", sa.String(9)), '
        'mysql_charset="utf8mb4")',
    ),
)


@RULE.finds
def narrow(step: Step) -> Hits:
    for each in step.all("CreateTable"):
        charset = str(
            each.options.get("mysql_charset") or each.options.get("mysql_default_charset") or "utf8mb4"
        )
        if charset.lower() not in ("utf8mb4", "binary"):
            yield each.hit(f"{each.table} is of {charset}")
    for each in step.statements():
        found = re.search(r"character\s+set\s+(utf8|utf8mb3|latin1|ascii)\b", each.sql, re.IGNORECASE)
        if found and re.match(r"alter\b", each.sql, re.IGNORECASE):
            yield each.hit(each.sql)
