"""What the safety of an upgrade costs on 1,000,000 rows, stage by stage, beside plain Alembic's own upgrade.

The tree adds a column with an index, widens a text (which makes the table anew on SQLite), and fills the new
column in one statement. Both ways start from the same rows, in databases of their own.

    .venv/bin/python -m benchmarks.safety [rows]
"""

from __future__ import annotations

import sys
import tempfile
import textwrap
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from time import perf_counter

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

from benchmarks.backups import FILLING
from colonnade import AlembicManager
from colonnade.migrations import MigrationOptions
from colonnade.migrations.scratch import connected
from colonnade.settings import DatabaseSettings
from colonnade.testing.databases import DATABASES, Databases
from colonnade.testing.servers import DRIVERS, find_servers

ROWS = 1_000_000
ENV = """\
from alembic import context
from sqlalchemy import MetaData, create_engine

connectable = create_engine(context.config.get_main_option("sqlalchemy.url"))
with connectable.connect() as connection:
    context.configure(connection=connection, target_metadata=MetaData())
    with context.begin_transaction():
        context.run_migrations()
"""
REVISIONS = {
    "r1": "op.execute(TABLES[op.get_context().dialect.name])",
    "r2": """
        op.add_column("clip", sa.Column("rating", sa.Integer()))
        op.create_index("ix_clip_rating", "clip", ["rating"])
    """,
    "r3": """
        with op.batch_alter_table("clip") as batch:
            batch.alter_column("title", existing_type=sa.String(80), type_=sa.String(200))
    """,
    "r4": 'op.execute("UPDATE clip SET rating = length")',
}
TABLES = {database: statements[0] for database, statements in FILLING.items()}


def make_tree(folder: Path, revisions: Mapping[str, str] = REVISIONS) -> Path:
    """Write a tree; its first revision makes the table."""
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENV)
    before = None
    for name, body in revisions.items():
        lines = textwrap.indent(textwrap.dedent(body).strip(), "    ")
        (folder / "versions" / f"{name}.py").write_text(
            f"from alembic import op\nimport sqlalchemy as sa\n\nrevision = {name!r}\n"
            f"down_revision = {before!r}\nTABLES = {TABLES!r}\n\n\n"
            f"def upgrade():\n{lines}\n\n\ndef downgrade():\n    pass\n"
        )
        before = name
    return folder


def insert(url: str, rows: int) -> None:
    """Put the rows in."""
    with connected(DatabaseSettings(url)) as connection:
        statement = FILLING[connection.dialect.name][1].format(rows)
        plain = connection.dialect.name == "sqlite"  # the other drivers read % as a parameter's
        connection.exec_driver_sql(statement if plain else statement.replace("%", "%%"))


def stages(url: str, tree: Path, folder: Path, rows: int) -> dict[str, float]:
    """Upgrade with all stages, and give the seconds of each."""
    taken: dict[str, float] = {}
    now, since = "lock, heads", perf_counter()

    def told(stage: str, what: str, done: int, total: int) -> None:
        nonlocal now, since
        moment = perf_counter()
        taken[now] = taken.get(now, 0.0) + moment - since
        now, since = stage, moment

    options = MigrationOptions(backup_folder=folder)
    manager = AlembicManager(url, script_location=tree, options=options)
    manager.upgrade("r1", skip=["backup", "rehearse"])
    insert(url, rows)
    since = perf_counter()
    manager.upgrade(progress=told)
    taken[now] = taken.get(now, 0.0) + perf_counter() - since
    return taken


def plain(url: str, tree: Path, rows: int) -> float:
    """Upgrade as `alembic upgrade head` does, and give its seconds."""
    config = Config()
    config.set_main_option("script_location", str(tree))
    address = make_url(url)
    if address.get_backend_name() in DRIVERS:
        address = address.set(drivername=DRIVERS[address.get_backend_name()])
    config.set_main_option("sqlalchemy.url", address.render_as_string(hide_password=False).replace("%", "%%"))
    command.upgrade(config, "r1")
    insert(url, rows)
    start = perf_counter()
    command.upgrade(config, "head")
    return perf_counter() - start


def main() -> int:
    """Measure the databases that there are, and print what was found."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    servers = find_servers()
    with tempfile.TemporaryDirectory() as name, closing(Databases(Path(name), servers)) as lent:
        tree = make_tree(Path(name) / "tree")
        for database in DATABASES:
            if database in servers and servers[database].reason:
                print(f"{database}: left out, {servers[database].reason}")
                continue
            with lent.fresh(database) as url, lent.fresh(database) as other:
                alone = plain(other, tree, rows)
                taken = stages(url, tree, Path(name) / f"kept-{database}", rows)
            print(f"{database}, {rows:,} rows: plain Alembic {alone:.1f} s; with Colonnade", end=" ")
            print(f"{sum(taken.values()):.1f} s:")
            for stage, seconds in taken.items():
                print(f"    {stage:12} {seconds:7.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
