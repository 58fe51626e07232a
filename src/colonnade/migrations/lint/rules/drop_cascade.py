"""DROP … CASCADE."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="drop-cascade",
    databases=("postgresql",),
    happens="everything that depends on it goes as well: views, constraints, columns of a type",
    why="CASCADE asks for no names, and the server tells them in a notice at most.",
    rewrite="drop what depends on it by name, first; without CASCADE what was forgotten stops it",
    bad=('op.execute("DROP TABLE project CASCADE")',),
    good=('op.execute("DROP TABLE empty")',),
    shows="gone",
)


@RULE.finds
def dropped(step: Step) -> Hits:
    for each in step.statements():
        if re.match(r"drop\b.*\bcascade\b", each.sql, re.IGNORECASE):
            yield each.hit(each.sql)
