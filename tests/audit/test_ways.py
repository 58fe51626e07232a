"""Each way of changing a row leaves exactly its entries, by every driver, under the name of who did it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, text

from colonnade import audit
from tests.audit.models import Account, Base, Clip, Project, Video
from tests.audit.ways import DATABASES, WAYS, Way
from tests.databases import Driver
from tests.faces import Face

PAGE = Path(__file__).resolve().parents[2] / "docs" / "audit.md"


class Tools:
    """What a way is given, on either face."""

    def __init__(self, faced: Face, db: Any, repository: Callable[[type], Any], driver: Driver) -> None:
        self._faced = faced
        self._db = db
        self.repository = repository
        self.database = driver.database
        self.run = faced.run

    def session(self, work: Callable[[Any], Any]) -> None:
        with self._faced.entered(self._db.session()) as session:
            work(lambda *call: self.run(session.execute(*call)))

    def unit(self, change: Callable[[Any, Any], None]) -> None:
        with self._faced.entered(self._db.session()) as session:
            change(session, lambda model, id: self.run(session.get(model, id)))

    def failing(self, work: Callable[[Any], Any]) -> None:
        with pytest.raises(ZeroDivisionError), self._faced.entered(self._db.session()) as session:
            work(lambda *call: self.run(session.execute(*call)))
            raise ZeroDivisionError

    def savepoint(self, kept: str, undone: str) -> None:
        with self._faced.entered(self._db.session()):
            self.session(lambda run: run(text(kept)))
            self.failing(lambda run: run(text(undone)))

    def save(self, model: type, id: int, name: str, value: Any) -> None:
        repository = self.repository(model)
        entity = self.run(repository.get(id))
        setattr(entity, name, value)
        self.run(repository.save(entity))

    def restore(self, model: type, id: int) -> None:
        self.run(self.repository(model).delete(id))
        self.run(self.repository(model).restore(id))

    def copy(self, table: str, rows: str) -> None:
        async def send(connection: Any) -> None:
            driver = (await connection.get_raw_connection()).driver_connection
            if hasattr(driver, "copy_to_table"):
                import io

                await driver.copy_to_table(table, source=io.BytesIO(rows.encode()))
                return
            async with driver.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copying:
                await copying.write(rows)

        with self._faced.entered(self._db.engine.begin()) as connection:
            if self._faced.is_async:
                self.run(send(connection))
                return
            with connection.connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copying:
                copying.write(rows)


@pytest.fixture
def tools(faced: Face, db: Any, repository: Callable[[type], Any], driver: Driver) -> Tools:
    """The tools of a way."""
    return Tools(faced, db, repository, driver)


ROWS = {
    Project: [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}],
    Video: [{"id": at, "project_id": at, "path": f"v{at}"} for at in (1, 2)],
    Clip: [{"id": 1, "video_id": 1, "project_id": 1}],
    Account: [{"id": 1, "name": "n", "secret": "s", "seen": 0}],
}


def start_anew(tools: Tools) -> None:
    """Leave nothing but the rows that each way starts from."""

    def fill(run: Callable[..., Any]) -> None:
        for table in reversed(Base.metadata.sorted_tables):
            run(delete(table))
        for model, rows in ROWS.items():
            run(insert(model), rows)

    tools.session(fill)


def test_each_way(tools: Tools, entries: Any, acting: Any, driver: Driver) -> None:
    wrong = {}
    for way in WAYS:
        if driver.database in way.on:
            start_anew(tools)
            entries()
            with acting("ana", request_id=way.name):
                way.do(tools)
            found = entries()
            tools.session(lambda run: run(text("UPDATE projects SET name = 'nobody' WHERE id = 2")))
            told = sorted((e.action, f"{e.entity_type} {said(e.entity_key)}") for e in found)
            who = {(e.user_id, (e.context or {}).get("request_id")) for e in found}
            after = {e.user_id for e in entries()}
            if told != sorted(way.otherwise.get(driver.database, way.leaves)):
                wrong[way.name] = told
            elif not who <= {(way.actor, way.actor and way.name)} or not after <= {None}:
                wrong[way.name] = [who, after]
    assert wrong == {}
    assert tools.run(audit.reconcile(tools._db)) == []


def said(key: str) -> str:
    return ",".join(str(part) for part in json.loads(key))


def test_there_are_thirty_and_the_page_lists_them() -> None:
    assert len(WAYS) >= 30
    page = PAGE.read_text(encoding="utf-8")
    assert [way.name for way in WAYS if f"| {row(way)} |" not in page] == []


def row(way: Way) -> str:
    """Give a way's line of the page's table."""
    cells = [
        ", ".join(f"{action} {entity}" for action, entity in way.otherwise.get(one, way.leaves)) or "nothing"
        if one in way.on
        else "no such statement"
        for one in DATABASES
    ]
    return " | ".join([way.name, *cells])
