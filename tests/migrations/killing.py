"""A tree of five revisions with schema and rows mixed, and a process to be killed while it goes along it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, select, text

from colonnade.migrations.fingerprint import fingerprint
from tests.migrations.conftest import engine_on
from tests.migrations.trees import LIBRARY, Rev

MIXED = (
    LIBRARY[0],
    Rev(
        "k1",
        """\
        op.execute("UPDATE shelf SET counter = counter + 10")
        with op.batch_alter_table("shelf") as batch:
            batch.add_column(sa.Column("label", sa.String(20), nullable=True))
        op.execute("UPDATE shelf SET label = 'new'")
        op.execute("UPDATE shelf SET counter = counter + 10 WHERE id = 1")
        """,
        """\
        op.execute("UPDATE shelf SET counter = counter - 10 WHERE id = 1")
        with op.batch_alter_table("shelf") as batch:
            batch.drop_column("label")
        op.execute("UPDATE shelf SET counter = counter - 10")
        """,
    ),
    Rev(
        "k2",
        # What is read decides what is written, and is changed by it.
        """\
        bind = op.get_bind()
        shelves = bind.execute(sa.text("SELECT id, counter FROM shelf ORDER BY id")).all()
        tag = op.create_table(
            "tag",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("shelf_id", sa.Integer, nullable=False),
            sa.Column("text", sa.String(40), nullable=False),
        )
        op.bulk_insert(tag, [{"shelf_id": row.id, "text": f"was {row.counter}"} for row in shelves])
        for row in shelves:
            bind.execute(
                sa.text("UPDATE shelf SET counter = :counter WHERE id = :id"),
                {"counter": row.counter + 10, "id": row.id},
            )
        op.create_index("ix_tag_text", "tag", ["text"])
        """,
        """\
        bind = op.get_bind()
        op.drop_index("ix_tag_text", "tag")
        for row in bind.execute(sa.text("SELECT id, counter FROM shelf ORDER BY id")).all():
            counter = {"counter": row.counter - 10, "id": row.id}
            bind.execute(sa.text("UPDATE shelf SET counter = :counter WHERE id = :id"), counter)
        op.drop_table("tag")
        """,
    ),
    Rev(
        "k3",
        """\
        op.execute("UPDATE shelf SET counter = counter + 10")
        with op.get_context().autocommit_block():
            op.execute("UPDATE shelf SET counter = counter + 1")
            op.create_index("ix_book_title", "book", ["title"], postgresql_concurrently=True)
            op.execute("UPDATE shelf SET counter = counter + 1")
        op.execute("INSERT INTO shelf (id, name, counter) VALUES (3, 'c', 3)")
        """,
        """\
        op.execute("DELETE FROM shelf WHERE id = 3")
        with op.get_context().autocommit_block():
            op.drop_index("ix_book_title", "book", postgresql_concurrently=True)
            op.execute("UPDATE shelf SET counter = counter - 2")
        op.execute("UPDATE shelf SET counter = counter - 10")
        """,
    ),
    Rev(
        "k4",
        """\
        with op.batch_alter_table("book") as batch:
            batch.alter_column(
                "title", type_=sa.String(200), existing_type=sa.String(80), existing_nullable=False
            )
        op.execute("UPDATE book SET title = 'The ' || title" if op.get_bind().dialect.name != "mysql"
                   else "UPDATE book SET title = CONCAT('The ', title)")
        op.rename_table("tag", "sticker")
        op.execute("UPDATE shelf SET counter = counter + 10")
        """,
        """\
        op.execute("UPDATE shelf SET counter = counter - 10")
        op.rename_table("sticker", "tag")
        op.execute("UPDATE book SET title = SUBSTR(title, 5)")
        with op.batch_alter_table("book") as batch:
            batch.alter_column(
                "title", type_=sa.String(80), existing_type=sa.String(200), existing_nullable=False
            )
        """,
    ),
    Rev(
        "k5",
        """\
        from sqlalchemy.orm import DeclarativeBase, Session

        class Base(DeclarativeBase):
            pass

        class Sticker(Base):
            __table__ = sa.Table(
                "sticker",
                Base.metadata,
                sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("shelf_id", sa.Integer),
                sa.Column("text", sa.String(40)),
            )

        with Session(op.get_bind()) as session:
            stickers = [Sticker(shelf_id=1, text=f"sticker {n}") for n in range(3)]
            session.add_all(stickers)
            session.flush()
            numbers = [sticker.id for sticker in stickers]
            op.create_table("seen", sa.Column("id", sa.Integer, primary_key=True))
            for number in numbers:
                session.execute(sa.text("INSERT INTO seen (id) VALUES (:id)"), {"id": number})
            session.flush()
        op.execute("UPDATE shelf SET counter = counter + 10")
        """,
        """\
        op.execute("UPDATE shelf SET counter = counter - 10")
        op.execute("DELETE FROM sticker WHERE id IN (SELECT id FROM seen)")
        op.drop_table("seen")
        """,
    ),
)
"""The tree: every revision raises the counter of each shelf, in all ways that a revision can."""


@dataclass(frozen=True)
class Ended:
    """How one process ended: its exit status (-9: killed), the points it passed, and what it recovered."""

    status: int
    points: int = 0
    recovered: str = ""


class Killable:
    """A process that carries out migrations, each in a child of its own."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self._tree, self._report = tree, folder / "report.json"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.migrations.kills"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def move(self, url: str, direction: str, target: str, point: int | None = None, **more: Any) -> Ended:
        """Carry out a migration, killed at this point."""
        self._report.write_text("{}")
        (status,) = self._run([self._command(url, direction, target, point) | more])
        return Ended(status, **json.loads(self._report.read_text() or "{}"))

    def at_once(self, url: str, direction: str, target: str, points: Sequence[int | None]) -> list[int]:
        """Carry it out in several processes at once, each killed at its point; give their statuses."""
        return self._run([self._command(url, direction, target, point) for point in points])

    def _command(self, url: str, direction: str, target: str, point: int | None) -> dict[str, Any]:
        command: dict[str, Any] = {
            "url": url,
            "tree": str(self._tree),
            "direction": direction,
            "target": target,
        }
        return command | {"point": point, "report": str(self._report)}

    def _run(self, commands: list[dict[str, Any]]) -> list[int]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(commands), file=self._process.stdin, flush=True)
        return list(json.loads(self._process.stdout.readline()))

    def end(self) -> None:
        """End the process."""
        self._process.communicate()


@contextmanager
def killable(tree: Path, folder: Path) -> Iterator[Killable]:
    """Give such a process while the block lasts."""
    process = Killable(tree, folder)
    try:
        yield process
    finally:
        process.end()


def contents(url: str) -> dict[str, Any]:
    """Give all that a database has: its rows, table by table, and its schema's fingerprint."""
    engine = engine_on(url)
    own = ("migration_run", "migration_statement")
    with engine.connect() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        found: dict[str, Any] = {"": fingerprint(connection)}
        for table in metadata.sorted_tables:
            if table.name == "schema_version":
                found[table.name] = list(
                    connection.execute(text("SELECT version FROM schema_version ORDER BY id"))
                )
            elif table.name == "seen":
                joined = "SELECT text FROM seen JOIN sticker ON sticker.id = seen.id ORDER BY text"
                found[table.name] = list(connection.execute(text(joined)))
            elif table.name not in own:
                # A number that was given in a transaction that was rolled back isn't given again.
                numbered = table.name in ("tag", "sticker")
                columns = [column for column in table.columns if not (numbered and column.name == "id")]
                rows = connection.execute(select(*columns).order_by(*columns))
                found[table.name] = [tuple(row) for row in rows]
    engine.dispose()
    return found
