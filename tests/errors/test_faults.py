"""The table of faults: each gives the same error on every database, through every driver.

`lenient` names the databases that accept what the others refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from colonnade.engine.translate import remember
from colonnade.errors import (
    CheckViolationError,
    DatabaseError,
    ForeignKeyViolationError,
    NotNullViolationError,
    SchemaMismatchError,
    StatementError,
    UniqueViolationError,
    ValueRejectedError,
)
from tests.databases import Driver
from tests.errors.models import Clip, Ghost, Mark, Video
from tests.faces import Face

remember(Video)


@dataclass(frozen=True)
class Case:
    """One fault: what is sent, and what comes back."""

    name: str
    statement: Any
    error: type[DatabaseError]
    entity: str | None = None
    columns: tuple[str, ...] = ()
    constraint: str | None = None
    says: str = ""
    rows: list[dict[str, Any]] | None = None
    lenient: tuple[str, ...] = ()


UNIQUE, KEY, CHECK = UniqueViolationError, ForeignKeyViolationError, CheckViolationError
NULL, VALUE, SCHEMA = NotNullViolationError, ValueRejectedError, SchemaMismatchError
LAX = ("sqlite",)
"""SQLite holds values to their types in STRICT tables only."""

film = insert(Video)
CASES = [
    Case("primary key", film.values(id=1, title="x"), UNIQUE, "Video", ("id",), "film_pkey", "id=1"),
    Case(
        "composite primary key",
        insert(Mark).values(scene_id=1, label="in"),
        UNIQUE, "Mark", ("scene_id", "label"), "mark_pkey", "scene_id=1, label='in'",
    ),
    Case(
        "unique",
        film.values(id=9, title="x", path="p"),
        UNIQUE, "Video", ("path",), "film_path_key", "'p'",
    ),
    Case(
        "unique, composite",
        film.values(id=9, title="fox", size=1),
        UNIQUE, "Video", ("title", "size"), "uq_film_title_size", "title='fox', size=1",
    ),
    Case(
        "unique, composite, no name",
        film.values(id=9, title="x", reel=1, part=1),
        UNIQUE, "Video", ("reel", "part"), "film_reel_part_key",
    ),
    Case(
        "unique index",
        film.values(id=9, title="x", code="c"),
        UNIQUE, "Video", ("code",), "ix_film_code",
    ),
    Case(
        "unique, by an update",
        update(Video).where(Video.id == 2).values(path="p"),
        UNIQUE, "Video", ("path",), "film_path_key", "path='p'",
    ),
    Case(
        "unique, one of many rows",
        insert(Video),
        UNIQUE, "Video", ("path",), "film_path_key",
        rows=[{"id": 8, "title": "x", "path": "x"}, {"id": 9, "title": "y", "path": "p"}],
    ),
    Case(
        "unique, a secret",
        film.values(id=9, title="x", password_hash="h4"),
        UNIQUE, "Video", ("password_hash",), "film_password_hash_key", "password_hash is there",
    ),
    Case(
        "no owner",
        insert(Clip).values(id=9, film_id=77),
        KEY, "Clip", ("film_id",), "fk_scene_film", "=77",
    ),
    Case(
        "no owner, no name",
        insert(Clip).values(id=9, film_id=1, cover_id=77),
        KEY, "Clip", ("cover_id",), "scene_cover_id_fkey", "cover_id=77",
    ),
    Case(
        "no owner, of its own kind",
        insert(Clip).values(id=9, film_id=1, previous_id=77),
        KEY, "Clip", ("previous_id",), "fk_scene_previous",
    ),
    Case(
        "no owner, composite",
        insert(Mark).values(scene_id=1, label="out", reel=1, part=7),
        KEY, "Mark", ("reel", "part"), "fk_mark_reel_part", "reel=1, part=7",
    ),
    Case(
        "no owner, by an update",
        update(Clip).where(Clip.id == 1).values(film_id=77),
        KEY, "Clip", ("film_id",), "fk_scene_film", "film_id=77",
    ),
    Case(
        "no owner, one of many rows",
        insert(Clip),
        KEY, "Clip", ("film_id",), "fk_scene_film",
        rows=[{"id": 8, "film_id": 1}, {"id": 9, "film_id": 77}],
    ),
    Case(
        "held",
        delete(Video).where(Video.id == 3),
        KEY, "Clip", ("film_id",), "fk_scene_film", "Delete or move the rows",
    ),
    Case(
        "held by a composite key",
        delete(Video).where(Video.id == 2, Video.title == "owl"),
        KEY, "Mark", ("reel", "part"), "fk_mark_reel_part",
    ),
    Case(
        "held where it was, by an update of its key",
        update(Video).where(Video.id == 2).values(reel=7),
        KEY, "Mark", ("reel", "part"), "fk_mark_reel_part",
    ),
    Case(
        "held by its own kind",
        delete(Clip).where(Clip.id == 1),
        KEY, "Clip", ("previous_id",), "fk_scene_previous",
    ),
    Case(
        "check",
        film.values(id=9, title="x", size=-1),
        CHECK, "Video", ("size",), "ck_film_size", "size=-1",
    ),
    Case(
        "check, no name",
        film.values(id=9, title="x", width=0),
        CHECK, "Video", ("title", "width"), "film_check",
    ),
    Case("check, by an update", update(Video).values(size=-1), CHECK, "Video", ("size",), "ck_film_size"),
    Case("no value", insert(Video).values(id=9, size=1), NULL, "Video", ("title",), None, "Video.title"),
    Case("null", update(Video).where(Video.id == 1).values(title=None), NULL, "Video", ("title",)),
    Case("null in the second row", insert(Clip), NULL, "Clip", ("film_id",),
         rows=[{"id": 8, "film_id": 1}, {"id": 9, "film_id": None}]),
    Case(
        "too long",
        film.values(id=9, title="x" * 90),
        VALUE, "Video", ("title",), None, "too long", lenient=LAX,
    ),
    Case("out of range", film.values(id=9, title="x", rate=99999), VALUE, "Video", ("rate",), None,
         "rate=99999 is out of range", lenient=LAX),
    Case("out of any range", film.values(id=9, title="x", rate=2**70), VALUE, "Video", ("rate",)),
    Case("out of range, second row", insert(Video), VALUE, "Video", ("rate",), lenient=LAX,
         rows=[{"id": 8, "title": "x", "rate": 1}, {"id": 9, "title": "y", "rate": 99999}]),
    Case(
        "of a wrong kind",
        film.values(id=9, title="x", rate="abc"),
        VALUE, "Video", ("rate",), None, lenient=LAX,
    ),
    Case("not text", film.values(id=9, title="x", path="a\ud800"), VALUE, "Video", ("path",)),
    Case("unique, as text", text("INSERT INTO film (id, title, path) VALUES (9, 'x', 'p')"),
         UNIQUE, "Video", ("path",), "film_path_key"),
    Case("primary key, as text", text("insert into  film (id, title) VALUES (1, 'x')"),
         UNIQUE, "Video", ("id",), "film_pkey"),
    Case("not null, as text", text("UPDATE film SET title = NULL WHERE id = :id").bindparams(id=1),
         NULL, "Video", ("title",)),
    Case("foreign key, as text",
         text("INSERT INTO mark (scene_id, label, reel, part) VALUES (1, 'x', 77, 77)"),
         KEY, "Mark", ("reel", "part"), "fk_mark_reel_part", lenient=LAX),
    Case("held, as text", text("DELETE FROM scene WHERE id = 1"),
         KEY, "Clip", ("previous_id",), "fk_scene_previous", lenient=LAX),
    Case("no such table", select(Ghost), SCHEMA, "Ghost", (), None, "ghost"),
    Case("no such table, as text", text("SELECT * FROM nowhere"), SCHEMA, "nowhere"),
    Case("no such column", select(Video.id, text("nope")), SCHEMA, "Video", ("nope",)),
    Case("syntax", text("SELEC 1"), StatementError),
    Case("no such parameter", text("SELECT :x"), StatementError),
]  # fmt: skip


def test_a_fault_gives_one_error(driver: Driver, faced: Face, db: Any, subtests: pytest.Subtests) -> None:
    for case in CASES:
        if driver.database not in case.lenient:
            with subtests.test(case.name):
                _check(case, faced, db)


def _check(case: Case, faced: Face, db: Any) -> None:
    with pytest.raises(case.error) as raised, faced.entered(db.session()) as session:
        faced.run(session.execute(case.statement, *([case.rows] if case.rows else [])))
    error = raised.value
    assert type(error) is case.error
    assert (error.entity, error.columns, error.constraint) == (case.entity, case.columns, case.constraint)
    assert case.says in str(error)
    assert not error.retryable
    assert error.__cause__ is not None
    assert "h4" not in str(error)
