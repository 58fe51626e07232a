"""Many rows at once, where a database has ways of its own: numbers, triggers, sizes, names."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from sqlalchemy import ForeignKey, Integer, MetaData, String, Table, create_engine, inspect, make_url, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager
from colonnade.dialects.batching import in_batches
from colonnade.errors import EntityNotFoundError, ForeignKeyViolationError, UniqueViolationError
from tests.databases import FreshUrl
from tests.faces import Face


class Base(DeclarativeBase): ...


class Word(Base):
    __tablename__ = "bulk word"

    id: Mapped[int] = mapped_column("the id %", primary_key=True)
    text: Mapped[str | None] = mapped_column('select"', String(200))
    order: Mapped[int | None]


class LateBase(DeclarativeBase): ...


class Late(LateBase):
    """A rule that is checked at the commit, which MySQL has none of."""

    __tablename__ = "late"
    id: Mapped[int] = mapped_column(primary_key=True)
    before_id: Mapped[int | None] = mapped_column(
        ForeignKey("late.id", deferrable=True, initially="DEFERRED")
    )


@pytest.fixture
def words(faced: Face, face_url: str) -> Any:
    """A repository of words, whose names have to be quoted everywhere."""
    manager: Any = faced.pick(DatabaseManager, AsyncDatabaseManager)
    with faced.entered(manager(face_url, metadata=Base.metadata)) as db:
        yield faced.pick(BaseRepository, AsyncBaseRepository)[Word](db)


def test_names_and_texts_pass_as_they_are(faced: Face, words: Any) -> None:
    texts = ["100% :x ?", "it's %s", 'a "b" \\ c', "", None, "{1,2}", "füchse 🦊", "NULL"]
    made = faced.run(words.create_many([Word(text=one) for one in texts]))
    assert [one.text for one in faced.run(words.get_many([one.id for one in made]))] == texts
    turned = [{"id": one.id, "text": word} for one, word in zip(made, reversed(texts), strict=True)]
    assert faced.run(words.update_many(turned)) == len(texts)
    assert [one.text for one in faced.run(words.get_many([one.id for one in made]))] == texts[::-1]
    assert faced.run(words.delete_many([one.id for one in made])) == len(texts)


def test_each_object_has_its_own_key(faced: Face, words: Any) -> None:
    """In more than one statement on every database."""
    new = [Word(text=str(n) * (30 if n % 2 else 1), order=n) for n in range(12_000)]
    assert faced.run(words.create_many(new)) == new
    stored = {one.id: one.order for one in faced.run(words.list(limit=20_000))}
    assert {one.id: one.order for one in new} == stored
    assert faced.run(words.update_many([{"id": one.id, "order": -(one.order or 0)} for one in new])) == len(
        new
    )
    assert {one.id: one.order for one in faced.run(words.list(limit=20_000))} == {
        id: -order for id, order in stored.items()
    }
    with pytest.raises(EntityNotFoundError, match="-5"):
        faced.run(words.update_many([{"id": id, "order": 0} for id in [*list(stored)[:9], -5, -6]]))
    assert faced.run(words.delete_many([*stored, -1])) == len(new)


def test_a_refused_row_undoes_all(faced: Face, words: Any) -> None:
    (there,) = faced.run(words.create_many([Word(text="there")]))
    new = [Word(id=there.id + 1 + n) for n in range(20)] + [Word(id=there.id)]
    with pytest.raises(UniqueViolationError) as caught:
        faced.run(words.create_many(new))
    assert caught.value.entity == "Word"
    assert caught.value.columns == ("the id %",)
    assert faced.run(words.count()) == 1
    new.pop()
    assert faced.run(words.create_many(new)) == new


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_objects_are_stored_with_the_commit(fresh_url: FreshUrl, database: str) -> None:
    with DatabaseManager(fresh_url(database), metadata=LateBase.metadata) as db:
        lates = BaseRepository[Late](db)
        new = [Late(before_id=700), Late(before_id=800)]
        with pytest.raises(ForeignKeyViolationError):
            lates.create_many(new)
        assert [(inspect(one).transient, one.id, one.before_id) for one in new] == [
            (True, None, 700),
            (True, None, 800),
        ]
        lates.create_many([Late(id=700), Late(id=800)])
        assert lates.create_many(new) == new
        assert all(inspect(one).detached and not inspect(one).modified for one in new)
        assert lates.count() == 4


def test_batches_hold_what_is_allowed() -> None:
    rows = [("x" * size, 1) for size in (10, 500, 10, 2_000, 10)]
    parts = list(in_batches(rows, 2, 1_000))
    assert [row for part in parts for row in part] == rows
    assert [len(part) for part in parts] == [2, 1, 1, 1]
    assert list(in_batches([], 2, 1_000)) == []


SQLITE_TABLES = {
    "a rowid": "id INTEGER PRIMARY KEY, word TEXT",
    "never twice": "id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT",
    "a rowid, quoted": '"id" integer not null, word TEXT, PRIMARY KEY ("id")',
}
BEFORE = {
    "empty": "",
    "some": "INSERT INTO thing VALUES (5, 'a'), (9, 'b')",
    "the last one gone": "INSERT INTO thing VALUES (5, 'a'), (9, 'b'); DELETE FROM thing WHERE id = 9",
    "below zero": "INSERT INTO thing VALUES (-7, 'a')",
    "near the end": "INSERT INTO thing VALUES (9223372036854775804, 'a')",
}


def thing(sqlite_url: str, columns: str, before: str) -> tuple[Any, Any]:
    """A class on a table that was made by hand."""
    with sqlite3.connect(str(make_url(sqlite_url).database)) as connection:
        connection.executescript(f"CREATE TABLE thing ({columns}); {before}")
    known = registry()
    table = Table("thing", MetaData(), *_columns())
    return known.map_imperatively(type("Thing", (), {}), table).class_, table


def _columns() -> Any:
    from sqlalchemy import Column

    return Column("id", Integer, primary_key=True), Column("word", String)


def numbered_by_sqlite(sqlite_url: str, count: int) -> list[int]:
    """The numbers that SQLite itself would give, found by trying and undoing it."""
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        for _ in range(count):
            connection.execute(text("INSERT INTO thing (word) VALUES ('new')"))
        found = connection.execute(text("SELECT id FROM thing WHERE word = 'new' ORDER BY rowid")).all()
        connection.rollback()
    engine.dispose()
    return [id for (id,) in found]


@pytest.mark.parametrize("columns", SQLITE_TABLES.values(), ids=SQLITE_TABLES.keys())
@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE.keys())
def test_sqlite_numbers_are_its_own(sqlite_url: str, columns: str, before: str) -> None:
    made, _ = thing(sqlite_url, columns, before)
    expected = numbered_by_sqlite(sqlite_url, 3)
    with DatabaseManager(sqlite_url) as db:
        new = BaseRepository[made](db).create_many([_of(made, "new") for _ in range(3)])
        assert [one.id for one in new] == expected
        if max(expected) < 2**63 - 1:
            assert BaseRepository[made](db).create(_of(made, "after")).id == max(expected) + 1


@pytest.mark.parametrize(
    "columns, trigger",
    [
        ("id BIGINT PRIMARY KEY DEFAULT 77, word TEXT", ""),
        ("id INTEGER PRIMARY KEY DESC DEFAULT 77, word TEXT", ""),
        (
            "id INTEGER PRIMARY KEY, word TEXT",
            "CREATE TRIGGER twin AFTER INSERT ON thing WHEN NEW.word != 'twin' "
            "BEGIN INSERT INTO thing (word) VALUES ('twin'); END",
        ),
    ],
    ids=["no rowid", "no rowid, though it seems one", "a trigger that adds rows"],
)
def test_sqlite_numbers_what_only_it_can(fresh_url: FreshUrl, columns: str, trigger: str) -> None:
    """Then all is left to the Session."""
    seen = []
    for direct in (False, True):
        url = fresh_url("sqlite")
        made, table = thing(url, columns, trigger)
        with DatabaseManager(url) as db:
            db.home.direct = direct
            new = BaseRepository[made](db).create_many(
                [_of(made, f"new {n}") for n in range(2 if trigger else 1)]
            )
            with db.engine.connect() as connection:
                seen.append(([one.id for one in new], connection.execute(table.select()).all()))
    assert seen[0] == seen[1]


def _of(made: Any, word: str) -> Any:
    one = made()
    one.word = word
    return one


@pytest.mark.parametrize("asked", [False, True], ids=["by the first one", "each"])
def test_mysql_numbers(mysql_url: str, asked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the first number and the server's step, or by RETURNING."""
    from colonnade.dialects.mysql import bulk

    if asked:
        monkeypatch.setattr(bulk, "step", lambda connection, column: None)
    with DatabaseManager(mysql_url, metadata=Base.metadata) as db:
        words = BaseRepository[Word](db)

        def stepping() -> list[Word]:
            with db.session() as session:
                session.execute(text("SET SESSION auto_increment_increment = 5, auto_increment_offset = 2"))
                try:
                    return words.create_many([Word(order=n) for n in range(600)])
                finally:
                    session.execute(
                        text("SET SESSION auto_increment_increment = 1, auto_increment_offset = 1")
                    )

        made = stepping()
        assert [one.id for one in made] == list(range(2, 3_002, 5))
        assert {one.id: one.order for one in words.list(limit=1_000)} == {2 + 5 * n: n for n in range(600)}
