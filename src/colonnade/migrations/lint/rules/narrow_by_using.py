"""A USING that cuts values."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="narrow-by-using",
    databases=("postgresql",),
    happens="longer values are cut without an error",
    why="An explicit cast to varchar(n) cuts, as the SQL standard says.",
    rewrite="leave the USING out: the change fails then where a value is too long, which can be mended first",
    bad=(
        'op.alter_column("clip", "title", existing_type=sa.String(80), type_=sa.String(5), '
        'postgresql_using="title::varchar(5)")',
    ),
    good=('op.alter_column("clip", "title", existing_type=sa.String(80), type_=sa.String(200))',),
    shows="loses",
)


@RULE.finds
def cut(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        using = str(each.options.get("postgresql_using") or "").lower()
        if using and any(
            word in using for word in ("varchar(", "char(", "substr", "left(", "character varying(")
        ):
            yield each.hit(f"{each.table}.{each.column} is converted by {using}")
