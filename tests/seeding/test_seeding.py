"""Seeds go in once, change what differs, come out again as they went in, or don't go in at all."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from typer.testing import CliRunner

from colonnade import AsyncDatabaseManager, DatabaseManager
from colonnade.cli import app
from colonnade.errors import SeedingError
from colonnade.models import TimestampMixin
from colonnade.models.base import Conventions
from colonnade.seeding import export, seed, status
from tests.databases import FreshUrl
from tests.faces import Face


class Base(Conventions, DeclarativeBase):
    pass


class Mood(Enum):
    GLAD = "glad"
    SAD = "sad"


class Person(TimestampMixin, Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Thing(Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    title: Mapped[str] = mapped_column(String(40))
    price: Mapped[Decimal | None]
    mood: Mapped[Mood | None]
    data: Mapped[bytes | None]
    facts: Mapped[dict[str, Any] | None]
    at: Mapped[datetime | None]
    day: Mapped[date | None]
    hour: Mapped[time | None]
    long: Mapped[timedelta | None]
    mark: Mapped[UUID | None]
    gain: Mapped[float | None]
    __table_args__ = (UniqueConstraint("owner_id", "title"),)


class Shelf(Base):
    __tablename__ = "shelf"
    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    thing_id: Mapped[int | None] = mapped_column(ForeignKey(Thing.id))


LAMP = {
    "owner_id": {"name": "ana"},
    "title": "lamp",
    "price": "12.3400",
    "mood": "GLAD",
    "data": "AAEC/w==",
    "facts": {"a": [1, None, "é"]},
    "at": "2026-01-02T03:04:05.000006+00:00",
    "gain": 0.30000000000000004,
}
SEEDS: dict[str, Any] = {
    "thing": [LAMP, {"owner_id": {"name": "bo"}, "title": "lamp"}],
    "person": [{"name": "bo", "boss_id": {"name": "ana"}}, {"name": "ana", "boss_id": {"name": "bo"}}],
    "shelf": [{"row": 1, "place": 2, "thing_id": {"title": "lamp", "owner_id": {"name": "ana"}}}],
}


@pytest.fixture
def db(url: str) -> Any:
    with DatabaseManager(url, metadata=Base.metadata) as manager:
        manager.create_tables()
        yield manager


def rows(db: DatabaseManager) -> dict[str, list[Any]]:
    with db.session() as session:
        connection = session.connection()
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def test_a_second_run_does_nothing_and_a_changed_value_is_written(db: DatabaseManager) -> None:
    told: list[Any] = []
    seeded = seed(db, SEEDS, progress=lambda *step: told.append(step))
    assert seeded.added == {"person": 2, "thing": 2, "shelf": 1}
    assert told[-1][1:] == (5, 5)
    before = rows(db)
    assert {row[1] for row in before["person"]} == {"ana", "bo"}
    assert {row[2] for row in before["person"]} == {row[0] for row in before["person"]}
    assert not seed(db, SEEDS)
    assert rows(db) == before
    changed = {"thing": [{"owner_id": {"name": "ana"}, "title": "lamp", "price": "15"}]}
    assert status(db, changed).changed == {"thing": 1}
    assert rows(db) == before
    assert seed(db, changed).changed == {"thing": 1}
    assert Decimal(15) in {row[3] for row in rows(db)["thing"]}


def test_what_is_exported_makes_the_same_rows(
    db: DatabaseManager, fresh_url: FreshUrl, tmp_path: Path
) -> None:
    seed(db, SEEDS)
    full = {
        "price": Decimal("0.0001"),
        "mood": Mood.SAD,
        "data": bytes(range(256)),
        "facts": {"k": "a:b%s 'q' \\ ☃"},
        "at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        "day": date(2026, 2, 28),
        "hour": time(1, 2, 3, 4),
        "long": timedelta(days=3, microseconds=7),
        "mark": UUID(int=5),
        "gain": 0.1 + 0.2,
    }
    seed(db, [Thing(owner_id=rows(db)["person"][0][0], title="all", **full)])
    before = rows(db)
    for form in ("json", "yaml"):
        counts = export(db, tmp_path / form, form=form)  # type: ignore[arg-type]
        assert counts == {name: len(found) for name, found in before.items()}
        kind = db.engine.dialect.name.replace("mariadb", "mysql")
        with DatabaseManager(fresh_url(kind), metadata=Base.metadata) as other:
            other.create_tables()
            seed(other, tmp_path / form)
            assert rows(other) == before
            assert not seed(other, tmp_path / form)
    with pytest.raises(SeedingError, match="has something in it"):
        export(db, tmp_path / "json")


SOON = {"owner_id": {"name": "x"}, "title": "t", "at": "soon"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no table": ({"persn": [{"name": "x"}]}, "Did you mean 'person'"),
    "no column": ({"person": [{"name": "a"}, {"nam": "x"}]}, "Did you mean 'name'"),
    "no parent": ({"thing": [{"title": "x", "owner_id": {"name": "zoe"}}]}, "refers to nothing: owner_id"),
    "a late failure": ({"person": [{"name": "x"}, {"name": None, "id": 7}]}, "a row of person is refused"),
    "no key": ({"person": [{"name": "x"}, {"boss_id": None}]}, "nothing tells a row of person"),
    "a wrong value": ({"thing": [SOON], "person": [{"name": "x"}]}, "takes no 'soon'"),
    "a text": ({"person": "x"}, "aren't a list"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_fails_leaves_nothing(db: DatabaseManager, case: str) -> None:
    given, said = WRONG[case]
    with pytest.raises(SeedingError, match=said):
        seed(db, given)
    assert not any(rows(db).values())


def test_environments_and_files(db: DatabaseManager, tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "a.yaml").write_text("person:\n  key: [name]\n  rows:\n    - {name: ana}\n")
    (tmp_path / "dev" / "b.json").write_text(json.dumps({"person": [{"name": "bo"}]}))
    assert seed(db, tmp_path, dry_run=True).added == {"person": 1}
    assert not any(rows(db).values())
    assert seed(db, tmp_path).added == {"person": 1}
    assert seed(db, tmp_path, environment="dev").added == {"person": 1}
    with pytest.raises(SeedingError, match="no folder"):
        seed(db, tmp_path, environment="prod")
    with pytest.raises(SeedingError, match="no seeds at"):
        seed(db, tmp_path / "c.yaml")
    (tmp_path / "c.yaml").write_text("person: [")
    with pytest.raises(SeedingError, match="can't be read"):
        seed(db, tmp_path)


def test_both_faces(faced: Face, face_url: str) -> None:
    manager = faced.pick(DatabaseManager, AsyncDatabaseManager)(face_url, metadata=Base.metadata)
    faced.run(manager.create_tables())
    assert faced.run(seed(manager, SEEDS)).added["thing"] == 2
    assert not faced.run(seed(manager, SEEDS))
    faced.run(manager.close())


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.colonnade]\nurl = "app.db"\nmodels = "tests.seeding.test_seeding:Base"\n'
    )
    with DatabaseManager("app.db", metadata=Base.metadata) as db:
        db.create_tables()
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "all.json").write_text(json.dumps(SEEDS))

    def command(*words: str, code: int = 0) -> str:
        told = CliRunner().invoke(app, ["seed", *words], catch_exceptions=False)
        assert told.exit_code == code, told.output
        return str(told.stdout)

    assert json.loads(command("status", "--json", code=3))["added"]["person"] == 2
    assert "person: 2 added" in command("run", "--dry-run")
    assert "person: 2 added" in command("run")
    assert "person: 0 added, 0 changed, 2 as they were" in command("status")
    assert json.loads(command("export", "out", "--json"))["thing"] == 2
    assert len(list((tmp_path / "out").iterdir())) == 3
    command("run", "gone", code=1)
