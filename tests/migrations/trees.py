"""Migration trees as users have them: with our `env.py`, and with those of Alembic's own templates."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

OURS = """\
from sqlalchemy import MetaData
from colonnade.migrations import run_environment
run_environment(target_metadata=MetaData())
"""

GENERIC = """\
from logging.config import fileConfig
from sqlalchemy import engine_from_config, pool
from alembic import context

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name)


def run_migrations_offline():
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
    )
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=None)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""

ASYNC = """\
import asyncio
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config
from alembic import context

config = context.config


def do_run_migrations(connection):
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations():
    connectable = async_engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
    )
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()


asyncio.run(run_async_migrations())
"""

# What some applications write: the transaction is opened around it all.
BEGUN = GENERIC.replace("connectable.connect()", "connectable.begin()")


@dataclass(frozen=True)
class Rev:
    """One revision: what its functions do, as Python."""

    id: str
    up: str
    down: str = "pass"
    after: str | tuple[str, ...] | None = field(default=None)


def make_tree(folder: Path, revisions: Iterable[Rev], *, env: str = OURS, ini: str | None = None) -> Path:
    """Write a tree, each revision following the one before it unless it says otherwise; give its folder.

    With `ini`, a URL, an `alembic.ini` that names it is written beside the tree.
    """
    versions = folder / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (folder / "env.py").write_text(env, encoding="utf-8")
    (folder / "script.py.mako").write_text(_TEMPLATE, encoding="utf-8")
    before: str | tuple[str, ...] | None = None
    for revision in revisions:
        write_revision(folder, revision, revision.after or before)
        before = revision.id
    if ini is not None:
        text = f"[alembic]\nscript_location = {folder}\npath_separator = os\nsqlalchemy.url = {ini}\n"
        (folder.parent / "alembic.ini").write_text(text + _LOGGING, encoding="utf-8")
    return folder


def write_revision(folder: Path, revision: Rev, after: str | tuple[str, ...] | None) -> Path:
    """Write one revision's file."""
    file = folder / "versions" / f"{revision.id}.py"
    file.write_text(
        f'"""Do {revision.id}."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
        f"revision = {revision.id!r}\ndown_revision = {after!r}\n\n\n"
        f"def upgrade():\n{textwrap.indent(textwrap.dedent(revision.up), '    ')}\n\n\n"
        f"def downgrade():\n{textwrap.indent(textwrap.dedent(revision.down), '    ')}\n",
        encoding="utf-8",
    )
    return file


_TEMPLATE = '''\
"""${message}"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''

_LOGGING = """
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(message)s
"""

LIBRARY = (
    Rev(
        "r1",
        """\
        op.create_table(
            "shelf",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(40), nullable=False),
            sa.Column("counter", sa.Integer, nullable=False, server_default="0"),
        )
        op.create_table(
            "book",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("shelf_id", sa.Integer, sa.ForeignKey("shelf.id", ondelete="CASCADE"), nullable=False),
            sa.Column("title", sa.String(80), nullable=False),
        )
        """,
        """\
        op.drop_table("book")
        op.drop_table("shelf")
        """,
    ),
    Rev(
        "r2",
        """\
        with op.batch_alter_table("shelf") as batch:
            batch.add_column(sa.Column("label", sa.String(20), nullable=True))
        op.execute("UPDATE shelf SET label = 'new', counter = counter + 10")
        """,
        """\
        op.execute("UPDATE shelf SET counter = counter - 10")
        with op.batch_alter_table("shelf") as batch:
            batch.drop_column("label")
        """,
    ),
    Rev(
        "r3",
        """\
        with op.batch_alter_table("book") as batch:
            batch.alter_column("title", type_=sa.String(200), existing_nullable=False)
        op.create_index("ix_book_title", "book", ["title"])
        """,
        """\
        op.drop_index("ix_book_title", "book")
        with op.batch_alter_table("book") as batch:
            batch.alter_column("title", type_=sa.String(80), existing_nullable=False)
        """,
    ),
)
"""Shelves and their books in three revisions: tables, a column that is filled, a wider type and an index."""
