"""With `--sql` there's no catalogue to ask: operations are left as Alembic has them."""

from __future__ import annotations

from io import StringIO

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from colonnade.dialects.contract import dialect_named


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql", "mariadb"])
def test_the_sql_is_that_of_plain_alembic(database: str) -> None:
    assert written(database, keeping=True) == written(database, keeping=False) != ""


def written(database: str, keeping: bool) -> str:
    buffer = StringIO()
    options = {"as_sql": True, "output_buffer": buffer}
    context = MigrationContext.configure(dialect_name=database, opts=options)
    operations = Operations(context)
    if keeping:
        dialect_named(database).changes.keeping(context, operations)
    described = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.String(9)))
    with operations.batch_alter_table("t", recreate="always", copy_from=described) as batch:
        batch.alter_column("b", nullable=False, existing_type=sa.String(9))
    operations.rename_table("t", "u")
    operations.drop_column("u", "b")
    if database != "sqlite":
        operations.alter_column("u", "a", type_=sa.SmallInteger(), existing_type=sa.Integer())
    return buffer.getvalue()
