"""An index over a TEXT or BLOB without a length."""

from __future__ import annotations

from sqlalchemy import LargeBinary, Text

from colonnade.migrations.lint.helping import columns_before
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="index-on-text",
    databases=("mysql",),
    happens="MySQL refuses it; MariaDB makes an index of the first 768 characters, and says so in a warning alone",
    why="An InnoDB key has at most 3,072 bytes; a TEXT has no end.",
    rewrite='mysql_length={"column": 100}, or sa.String(n)',
    bad=('op.create_index("ix_clip_note", "clip", ["note"])',),
    good=('op.create_index("ix_clip_note", "clip", ["note"], mysql_length={"note": 100})',),
    shows="accepts",
)


@RULE.finds
def endless(step: Step) -> Hits:
    known = columns_before(step)
    for each in step.all("CreateIndex", "CreateUniqueConstraint"):
        for name in map(str, each.given.columns):
            kind = known.get((each.table, name))
            text = isinstance(kind, Text | LargeBinary) and not getattr(kind, "length", None)
            lengths = each.options.get("mysql_length") or each.options.get("mariadb_length")
            if text and not lengths:
                yield each.hit(f"{name} of {each.table} is {type(kind).__name__}")
