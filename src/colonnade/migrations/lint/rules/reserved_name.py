"""A name that is a word of SQL."""

from __future__ import annotations

from colonnade.migrations.lint.helping import new_columns
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="reserved-name",
    severity="info",
    happens="every statement written by hand has to quote it, and one that doesn't fails",
    why="It is a reserved word on at least one of the three databases.",
    rewrite="another name: `position` for `order`, `account` for `user`",
    bad=('op.create_table("order", sa.Column("id", sa.Integer, primary_key=True))',),
    good=('op.create_table("purchase", sa.Column("id", sa.Integer, primary_key=True))',),
    shows="accepts",
)

_WORDS = frozenset(
    "all alter and any as asc between by case check column constraint create cross current_date default delete"
    " desc distinct drop else end except exists false fetch for foreign from grant group groups having in index"
    " inner insert intersect interval into is join key keys lateral leading left like limit match natural not null"
    " of offset on or order outer over partition primary range rank references right row rows select session_user"
    " set system table then to trailing true union unique update user using values when where window with".split()
)


@RULE.finds
def reserved(step: Step) -> Hits:
    for each in step.all("CreateTable", "RenameTable"):
        name = str(getattr(each.given, "new_table_name", None) or each.table)
        if name.lower() in _WORDS:
            yield each.hit(f"the table {name}")
    for each, column in new_columns(step):
        if str(column.name).lower() in _WORDS:
            yield each.hit(f"the column {each.table}.{column.name}")
