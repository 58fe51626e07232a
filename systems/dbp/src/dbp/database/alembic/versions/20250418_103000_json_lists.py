"""Lists as JSON in place of joined text

An item of several lines fell apart when it was read, and nobody could search for one item.

Revision ID: 7d42b8c06e51
Revises: 3c1d5e7a9b20
Create Date: 2025-04-18 10:30:00+00:00
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from colonnade.models import CodePointText

revision: str = "7d42b8c06e51"
down_revision: str | Sequence[str] | None = "3c1d5e7a9b20"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

LISTS = {
    "documents": ("design_principles", "constraints", "reference_documentation"),
    "functions": ("design_principles", "design_decisions", "parameters"),
    "classes": ("design_principles", "design_decisions", "bases"),
}
BATCH = 500


def upgrade() -> None:
    """Write each text as JSON, an item for each line, then change the columns' type."""
    for table, columns in LISTS.items():
        _rewrite(table, columns, _as_json)
        with op.batch_alter_table(table) as batch:
            for name in columns:
                batch.alter_column(
                    name,
                    existing_type=CodePointText(),
                    existing_nullable=False,
                    type_=sa.JSON(),
                    postgresql_using=f"{name}::json",
                )
        _keep_touch(table)


def downgrade() -> None:
    """Change the type back, then join the items again; one of several lines becomes one line."""
    for table, columns in LISTS.items():
        _retype(table, columns)
        _keep_touch(table)
        _rewrite(table, columns, _as_text)


def _retype(table: str, columns: Iterable[str]) -> None:
    """Make JSON a text again; on servers in full, since what their JSON is would be kept or compared."""
    dialect = op.get_context().dialect
    text = CodePointText().compile(dialect=dialect)
    if dialect.name == "sqlite":
        with op.batch_alter_table(table) as batch:
            for name in columns:
                batch.alter_column(
                    name, existing_type=sa.JSON(), existing_nullable=False, type_=CodePointText()
                )
    for name in columns if dialect.name == "postgresql" else ():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {text} USING {name}::text")
    for name in columns if dialect.name in ("mysql", "mariadb") else ():
        op.execute(f"ALTER TABLE {table} MODIFY {name} {text} NOT NULL")


def _keep_touch(table: str) -> None:
    """Make the trigger that a batch of plain Alembic's leaves behind on SQLite."""
    if op.get_context().dialect.name == "sqlite":
        op.create_touch(table, "updated_at")  # type: ignore[attr-defined]


def _rewrite(table: str, columns: Iterable[str], change: Callable[[str, str], str]) -> None:
    """Change the texts of a table, some hundred rows at a time; in offline mode there are none to be seen."""
    if op.get_context().as_sql:
        return
    # A plan is made on an empty database, and sees by this that the columns are written to.
    op.execute(f"UPDATE {table} SET {', '.join(f'{name} = {name}' for name in columns)} WHERE 1 = 0")
    rows = sa.table(table, sa.column("id", sa.Integer), *(sa.column(name, sa.Text) for name in columns))
    connection, last = op.get_bind(), 0
    while found := connection.execute(
        sa.select(rows).where(rows.c.id > last).order_by(rows.c.id).limit(BATCH)
    ).all():
        last = found[-1].id
        changed = [
            {"key": row.id, **{name: change(name, getattr(row, name)) for name in columns}} for row in found
        ]
        connection.execute(sa.update(rows).where(rows.c.id == sa.bindparam("key")), changed)


def _as_json(column: str, text: str) -> str:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    items: list[Any] = [_dependency(line) for line in lines] if column == "reference_documentation" else lines
    return json.dumps(items, ensure_ascii=False)


def _as_text(column: str, text: str) -> str:
    items = json.loads(text)
    if column == "reference_documentation":
        items = [f"{each['kind']}:- {each['dependency']}" for each in items]
    return "\n".join(" ".join(item.split()) for item in items)


def _dependency(line: str) -> dict[str, str]:
    kind, mark, name = line.partition(":-")
    known = mark and kind.strip() in ("codebase", "system")
    return (
        {"kind": kind.strip(), "dependency": name.strip()}
        if known
        else {"kind": "unknown", "dependency": line}
    )
