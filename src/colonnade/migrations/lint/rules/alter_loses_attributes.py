"""An alter_column that says only what changes."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="alter-loses-attributes",
    severity="info",
    databases=("mysql",),
    happens="by plain Alembic the column loses its DEFAULT, COMMENT, collation and NOT NULL; under Colonnade they stay",
    why="MODIFY states a column anew, and Alembic states what the existing_… arguments tell.",
    rewrite="give existing_type, existing_nullable, existing_server_default and existing_comment",
    bad=('op.alter_column("clip", "title", existing_type=sa.String(80), type_=sa.String(200))',),
    good=(
        'op.alter_column("clip", "title", existing_type=sa.String(80), type_=sa.String(200), '
        'existing_nullable=False, existing_server_default="untitled", existing_comment="as it is shown")',
    ),
    shows="gone",
    down=True,
)


@RULE.finds
def lost(step: Step) -> Hits:
    for each in step.on_old_tables("AlterColumn"):
        asked = each.given
        says = asked.modify_type is not None or asked.modify_name or asked.modify_nullable is not None
        left_out = [
            name
            for name, given in (
                (
                    "existing_nullable",
                    asked.existing_nullable is not None or asked.modify_nullable is not None,
                ),
                (
                    "existing_server_default",
                    asked.existing_server_default is not False or asked.modify_server_default is not False,
                ),
            )
            if not given
        ]
        if says and left_out:
            yield each.hit(f"{each.table}.{each.column} is stated without {' and '.join(left_out)}")
