"""A revision that sends something else each time it runs."""

from __future__ import annotations

import ast
import re

from colonnade.migrations.lint.helping import functions_of
from colonnade.migrations.lint.rule import Hit, Hits, Rule, Step

RULE = Rule(
    name="another-each-time",
    happens="it can't go on after an interruption where DDL commits by itself, and two databases become different",
    why="Colonnade's journal knows a statement by its text and parameters.",
    rewrite="let the database make the value: func.now(), gen_random_uuid(); or write it down in the revision",
    bad=(
        'import uuid\nop.execute(sa.text("UPDATE clip SET code = :c WHERE id = 1").bindparams(c=uuid.uuid4().hex[:9]))',
    ),
    good=("op.execute('UPDATE clip SET code = \\'x\\' WHERE id = 1')",),
)

_CALLS = re.compile(
    r"\b(uuid\.uuid[14]|uuid[14]|datetime\.(?:now|utcnow)|date\.today|time\.time|random\.\w+|secrets\.\w+|token_hex)\("
)


@RULE.finds
def different(step: Step) -> Hits:
    for node in functions_of(step.source).values():
        for call in sorted(set(_CALLS.findall(ast.unparse(node)))):
            yield Hit(None, f"{call}() is called")
