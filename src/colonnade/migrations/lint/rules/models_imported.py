"""A revision that imports the application's models."""

from __future__ import annotations

import sys

from colonnade.migrations.lint.helping import imports_of
from colonnade.migrations.lint.rule import Hit, Hits, Rule, Step

RULE = Rule(
    name="models-imported",
    happens="a later change of the models changes what this revision does, or breaks it",
    why="A revision is about the schema as it was then; the models are as they are today.",
    rewrite="sa.table(…) and sa.column(…) with the columns that it needs, in the revision itself",
    bad=("from colonnade.models import Base\nop.execute('DELETE FROM clip WHERE id < 0')",),
    good=("op.execute('DELETE FROM clip WHERE id < 0')",),
)

_FREE = {"alembic", "sqlalchemy", "colonnade", "geoalchemy2", "pgvector", "sqlalchemy_utils", "__future__"}
_BASES = {"Base", "metadata", "db", "SQLModel"}


@RULE.finds
def imported(step: Step) -> Hits:
    for module, names in imports_of(step.source):
        top = module.partition(".")[0]
        parts = set(module.split("."))
        theirs = (
            top not in _FREE
            and top not in sys.stdlib_module_names
            and parts & {"models", "model", "orm", "schema"}
        )
        if theirs or (
            names & _BASES and top not in sys.stdlib_module_names and top not in ("alembic", "sqlalchemy")
        ):
            yield Hit(None, f"{', '.join(sorted(names)) or module} of {module} is imported")
