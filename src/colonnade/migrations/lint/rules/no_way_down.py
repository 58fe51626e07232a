"""An upgrade with a downgrade that does nothing."""

from __future__ import annotations

from colonnade.migrations.lint.helping import does_something, functions_of
from colonnade.migrations.lint.rule import Hit, Hits, Rule, Step

RULE = Rule(
    name="no-way-down",
    happens="a downgrade says that it's done, and leaves the schema as it was",
    why="`pass` is no way down, and Alembic can't tell.",
    rewrite="write the way down, or raise an exception in it that says why there is none",
    bad=('op.add_column("clip", sa.Column("x", sa.Integer))',),
    good=("pass",),
)


@RULE.finds
def missing(step: Step) -> Hits:
    functions = functions_of(step.source)
    up, down = functions.get("upgrade"), functions.get("downgrade")
    if up is not None and does_something(up) and (down is None or not does_something(down)):
        yield (
            next(iter(step.operations)).hit("downgrade() does nothing")
            if step.operations
            else Hit(None, "downgrade() does nothing")
        )
