"""What comes out otherwise on the original than planned is undone, where DDL is in transactions."""

from __future__ import annotations

from pathlib import Path

import pytest

from colonnade import AlembicManager
from colonnade.errors import DriftError, MigrationError
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
