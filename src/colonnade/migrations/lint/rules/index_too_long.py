"""An index over more bytes than a key may have."""

from __future__ import annotations

from sqlalchemy import String

from colonnade.migrations.lint.helping import columns_before
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="index-too-long",
    databases=("mysql",),
    happens="MySQL refuses it; MariaDB makes a unique one by a hash, which serves no range and no order",
    why="A character of utf8mb4 counts for four bytes.",
    rewrite="shorter columns, at most 768 characters together, or mysql_length for a part of them",
    bad=(
        'op.create_table("page", sa.Column("id", sa.Integer, primary_key=True), sa.Column("path", sa.String(2000)))\n'
        'op.create_unique_constraint("uq_page_path", "page", ["path"])',
    ),
    good=(
        'op.create_table("page", sa.Column("id", sa.Integer, primary_key=True), sa.Column("path", sa.String(700)))\n'
        'op.create_unique_constraint("uq_page_path", "page", ["path"])',
    ),
    shows="accepts",
)

_MOST_BYTES = 3072
_BYTES_OF_CHARACTER = 4


@RULE.finds
def long(step: Step) -> Hits:
    known = columns_before(step)
    for each in step.all("CreateIndex", "CreateUniqueConstraint"):
        kinds = [known.get((each.table, str(name))) for name in each.given.columns]
        size = sum(getattr(kind, "length", None) or 0 for kind in kinds if isinstance(kind, String))
        lengths = each.options.get("mysql_length") or each.options.get("mariadb_length")
        if size * _BYTES_OF_CHARACTER > _MOST_BYTES and not lengths:
            yield each.hit(
                f"{', '.join(map(str, each.given.columns))} of {each.table} have {size * 4:,} bytes"
            )
