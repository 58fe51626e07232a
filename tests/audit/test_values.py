"""Every type's values come back from the log exactly as they come back from the table."""

from __future__ import annotations

import itertools
import json
from typing import Any

from sqlalchemy import inspect as state_of
from sqlalchemy import text

from colonnade import AuditRepository, BaseRepository, DatabaseManager
from colonnade.audit.declare import audited_in
from colonnade.audit.decode import Decoder
from tests.audit.everything import VALUES, Base, Everything

SETTINGS = {
    "sqlite": ["PRAGMA case_sensitive_like=ON"],
    "postgresql": [
        "SET extra_float_digits = -10",
        "SET DateStyle = 'German'",
        "SET IntervalStyle = 'sql_standard'",
        "SET TimeZone = 'Asia/Kathmandu'",
        "SET bytea_output = 'escape'",
        "SET search_path = ''",
    ],
    "mysql": [
        "SET time_zone = '+05:45'",
        "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
        "SET NAMES latin1",
    ],
}


def rows() -> list[dict[str, Any]]:
    """Rows in which every value comes up, and NULL in each column."""
    found: list[dict[str, Any]] = [{"id": 1}]
    for at, values in enumerate(itertools.zip_longest(*VALUES.values())):
        found.append({"id": at + 2, **dict(zip(VALUES, values, strict=True))})
    return found


def test_what_is_stored_is_what_is_logged(url: str) -> None:
    with DatabaseManager(url, metadata=Base.metadata) as db:
        repository, log = BaseRepository[Everything](db), AuditRepository(db)
        given = rows()
        repository.create_many([Everything(**row) for row in given])
        decoder = Decoder(audited_in(Base.metadata)[Everything.__table__], db.engine.dialect)
        read = {one.id: values_of(one) for one in repository.list()}
        for entry in log.list(limit=1000):
            assert json.dumps(entry.changes)
            assert decoder.row(entry.changes) == read[entry.entity_id], entry.changes
            kinds = {name: type(value) for name, value in decoder.row(entry.changes).items()}
            assert kinds == {name: type(value) for name, value in read[entry.entity_id].items()}


def test_a_change_is_told_whatever_the_session_is_set_to(url: str) -> None:
    with DatabaseManager(url, metadata=Base.metadata) as db:
        log = AuditRepository(db)
        given = rows()
        name = Everything.__table__.name
        BaseRepository[Everything](db).create_many([Everything(**row) for row in given])
        before = log.list(limit=1000)
        kind = db.engine.dialect.name.replace("mariadb", "mysql")
        with db.session() as session:
            schema = "public." if kind == "postgresql" else ""
            session.execute(text(f"CREATE TABLE kept AS SELECT * FROM {schema}{name}"))
        with db.session() as session:
            for setting in SETTINGS[kind]:
                session.execute(text(setting))
            session.execute(text(f"DELETE FROM {schema}{name}"))
            if kind == "mysql":
                session.execute(text("SET sql_mode = DEFAULT"))
            session.execute(text(f"INSERT INTO {schema}{name} SELECT * FROM {schema}kept"))
        db.engine.dispose()
        later = log.list(skip=len(before), limit=1000)
        assert [e.action for e in later] == ["DELETE"] * len(given) + ["CREATE"] * len(given)
        for side in (later[: len(given)], later[len(given) :]):
            assert {e.entity_id: e.changes for e in side} == {e.entity_id: e.changes for e in before}


def values_of(entity: Any) -> dict[str, Any]:
    mapper = state_of(type(entity))
    return {
        column.name: getattr(entity, mapper.get_property_by_column(column).key) for column in mapper.columns
    }
