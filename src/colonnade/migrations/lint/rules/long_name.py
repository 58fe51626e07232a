"""A name longer than a server keeps."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="long-name",
    databases=("postgresql", "mysql"),
    happens="PostgreSQL cuts it after 63 bytes, by which two may become one; MySQL and MariaDB refuse it after 64",
    why="Catalogues have columns of that width.",
    rewrite="a shorter name",
    bad=(f'op.create_index("ix_{"long_" * 13}", "empty", ["number"])',),
    good=('op.create_index("ix_empty_number", "empty", ["number"])',),
    shows="truncates name",
)

_MOST = {"postgresql": 63, "mysql": 64}


@RULE.finds
def long(step: Step) -> Hits:
    for each in step.operations:
        named = ("index_name", "constraint_name", "new_table_name", "table_name", "column_name")
        for name in {str(found) for key in named if (found := getattr(each.given, key, None))}:
            if len(name.encode()) > _MOST[step.database]:
                yield each.hit(f"{name} has {len(name.encode())} bytes")
