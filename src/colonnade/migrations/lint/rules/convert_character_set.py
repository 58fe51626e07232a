"""A table converted to another character set."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="convert-character-set",
    databases=("mysql",),
    happens="nobody can write to the table while all of it is copied; TEXT columns may become of another type",
    why="Every text is written in other bytes; a TEXT that might become too long becomes MEDIUMTEXT.",
    rewrite="change one column at a time, with its type said, or copy to a new table in batches",
    bad=('op.execute("ALTER TABLE clip CONVERT TO CHARACTER SET latin1")',),
    shows="copies",
)


@RULE.finds
def converted(step: Step) -> Hits:
    for each in step.statements():
        if re.search(r"\bconvert\s+to\s+character\s+set\b", each.sql, re.IGNORECASE):
            yield each.hit(each.sql)
