"""What comes out otherwise on the original than planned is undone, where DDL is in transactions."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from colonnade import AlembicManager
from colonnade.errors import DriftError, MigrationError
from colonnade.migrations import MigrationOptions
from tests.databases import FreshUrl
from tests.migrations.conftest import opened
from tests.migrations.test_manager import asked, fill
from tests.migrations.trees import LIBRARY, Rev, make_tree

# Only on the original, so that neither the plan nor the rehearsal sees it coming.
ONLY_THERE = "from alembic import context\nif context.config.attributes['colonnade.stage'] == 'apply':\n    "
SURPRISES = {
    "rows": (ONLY_THERE + "op.get_bind().exec_driver_sql('DELETE FROM bo' + 'ok')", "book had 6 rows"),
    "schema": (ONLY_THERE + "op.create_index('ix_surprise', 'shelf', ['name'])", "ix_surprise"),
}


@pytest.mark.parametrize("case", SURPRISES)
@pytest.mark.parametrize("database", ["sqlite_url", "postgresql_url"])
def test_what_is_not_planned_is_undone(
    request: pytest.FixtureRequest, database: str, case: str, tmp_path: Path
) -> None:
    url: str = request.getfixturevalue(database)
    surprise, told = SURPRISES[case]
    if case == "rows":
        # A trigger of the schema's own, and no statement names the books.
        surprise = ONLY_THERE + "op.execute('UPDATE shelf SET counter = 99')"
    tree = make_tree(tmp_path / "m", [*LIBRARY, Rev("r4", surprise)])
    manager = AlembicManager(url, script_location=tree)
    manager.upgrade("r3", skip=["backup", "rehearse"])
    fill(url)
    if case == "rows":
        with opened(url) as connection:
            for statement in LOSING_TRIGGER[connection.dialect.name]:
                connection.exec_driver_sql(statement)
    skip, accept = ["backup", "rehearse"], ["trigger losing on shelf", "function losing()"]
    with pytest.raises(MigrationError, match=told):
        manager.upgrade(skip=skip, accept=accept)
    assert manager.current() == ("r3",)
    assert asked(url, "SELECT count(*) FROM book") == [(6,)]
    manager.db.close()


LOSING_TRIGGER = {
    "sqlite": ("CREATE TRIGGER losing AFTER UPDATE ON shelf BEGIN DELETE FROM book; END",),
    "postgresql": (
        "CREATE FUNCTION losing() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN DELETE FROM book; RETURN NULL; END $$",
        "CREATE TRIGGER losing AFTER UPDATE ON shelf FOR EACH STATEMENT EXECUTE FUNCTION losing()",
    ),
}

BY_HAND = {
    "a column": "ALTER TABLE shelf ADD COLUMN extra INTEGER",
    "an index": "CREATE INDEX ix_by_hand ON book (title, shelf_id)",
}


@pytest.mark.parametrize("case", BY_HAND)
def test_what_was_changed_by_hand_stops_it_and_can_be_accepted(url: str, tmp_path: Path, case: str) -> None:
    manager = AlembicManager(url, script_location=make_tree(tmp_path / "m", LIBRARY))
    manager.upgrade("r2", skip=["backup", "rehearse"])
    assert not manager.drift()
    fill(url)
    with opened(url) as connection:
        connection.exec_driver_sql(BY_HAND[case])
    drift = manager.drift()
    assert drift
    if url.startswith("sqlite"):
        assert ("extra" if case == "a column" else "ix_by_hand") in str(drift)
    with pytest.raises(DriftError, match="extra|ix_by_hand") as refused:
        manager.upgrade(skip=["backup", "rehearse"])
    assert manager.current() == ("r2",)
    name = "column shelf.extra" if case == "a column" else "index ix_by_hand on book"
    assert name in str(refused.value)
    manager.upgrade(skip=["backup", "rehearse"], accept=[name])
    assert manager.current() == ("r3",)
    assert not manager.drift()
    manager.db.close()


def test_half_a_revision_carried_out_by_hand_is_told_as_that(
    url: str, fresh_url: FreshUrl, tmp_path: Path
) -> None:
    options = MigrationOptions(scratch_url=fresh_url(url.partition(":")[0].partition("+")[0]))
    manager = AlembicManager(url, script_location=make_tree(tmp_path / "m", LIBRARY), options=options)
    manager.upgrade("r2", skip=["backup", "rehearse"])
    with opened(url) as connection:
        connection.exec_driver_sql("CREATE INDEX ix_book_title ON book (title)")
    said = "the database stands between r2 and r3: 1 of the 2 changes that r3 makes are there"
    assert manager.drift().between == said
    assert said in str(manager.drift()) and "ix_book_title" in str(manager.drift())
    with pytest.raises(DriftError, match=said):
        manager.upgrade(skip=["backup", "rehearse"])
    assert manager.current() == ("r2",)
    manager.db.close()


CHANGED = {
    "sqlite": {
        "tr_by_hand": "CREATE TRIGGER tr_by_hand AFTER DELETE ON book BEGIN SELECT 1; END",
    },
    "postgresql": {
        "tr_by_hand": "CREATE TRIGGER tr_by_hand AFTER DELETE ON book"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "ck_by_hand": "ALTER TABLE book ADD CONSTRAINT ck_by_hand CHECK (shelf_id > 0)",
        "ix_invalid": "CREATE UNIQUE INDEX CONCURRENTLY ix_invalid ON book (shelf_id)",
    },
    "mysql": {
        "tr_by_hand": "CREATE TRIGGER tr_by_hand AFTER DELETE ON book FOR EACH ROW SET @gone = 1",
        "ck_by_hand": "ALTER TABLE book ADD CONSTRAINT ck_by_hand CHECK (shelf_id > 0)",
    },
}


def test_drift_names_what_was_made_by_hand(url: str, fresh_url: FreshUrl, tmp_path: Path) -> None:
    database = url.partition(":")[0].partition("+")[0]
    options = MigrationOptions(scratch_url=fresh_url(database))
    manager = AlembicManager(url, script_location=make_tree(tmp_path / "m", LIBRARY), options=options)
    manager.upgrade("r2", skip=["backup", "rehearse"])
    fill(url)
    with opened(url) as connection:
        for name, statement in CHANGED[database].items():
            # Two rows of one shelf: the unique index can't be made, and stays behind invalid.
            with suppress(IntegrityError) if name == "ix_invalid" else nullcontext():
                connection.exec_driver_sql(statement)
    drift = manager.drift()
    for name in CHANGED[database]:
        assert name in str(drift)
    assert "invalid" in str(drift) or database != "postgresql"
    manager.db.close()
