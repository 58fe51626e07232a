"""A change of type for which the table is written anew."""

from __future__ import annotations

from sqlalchemy import Numeric, String

from colonnade.migrations.lint.helping import types
from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="type-change-rewrites",
    databases=("postgresql",),
    happens="nobody can use the table while all of it, and its indexes, are written anew",
    why="The stored bytes differ: int and bigint, a timestamp with and without a zone, text and number.",
    rewrite="op.expand_column with a column of the new type, then op.contract_column",
    bad=('op.alter_column("clip", "length", existing_type=sa.Integer, type_=sa.BigInteger)',),
    good=('op.alter_column("clip", "title", existing_type=sa.String(80), type_=sa.Text)',),
    shows="rewrites",
    weighs=True,
)


@RULE.finds
def rewritten(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        before, after = types(each)
        if before is None or after is None:
            continue
        texts = isinstance(before, String) and isinstance(after, String)
        old, new = (getattr(kind, "length", None) or 10**9 for kind in (before, after))
        longer = texts and new >= old
        was, now = (
            (getattr(kind, "precision", None) or 0, getattr(kind, "scale", None)) for kind in (before, after)
        )
        numbers = type(before) is type(after) and isinstance(after, Numeric)
        wider = numbers and was[1] == now[1] and now[0] >= was[0]
        if not (longer or wider or repr(before) == repr(after)):
            yield each.hit(f"{each.table}.{each.column} is {before}, and becomes {after}")
