"""What every migration tree should do, as tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import MetaData, text

from colonnade.engine.manager import DatabaseManager
from colonnade.migrations import AlembicManager, MigrationOptions
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.inventory import Inventory, compare
from colonnade.testing.migrations.filling import fill
from colonnade.testing.migrations.killed import KILLED

__all__ = ["MigrationCases"]

_QUICKLY = ("plan", "drift", "lint", "backup", "rehearse")


class MigrationCases:
    """What a class of cases is told about its tree.

    `script_location` is the tree's folder, `metadata` the models'. `lossy` names revisions that lose or
    change rows by intent, with the reason: rows aren't compared across those. `rows` may give a table's rows,
    where those that are made up break a rule of it. The databases are SQLite files, unless the fixture
    `migration_urls` gives the URLs of two other empty ones. `kill_points` is at how many of an upgrade's
    statements it's killed.
    """

    script_location: ClassVar[str | Path] = "migrations"
    metadata: ClassVar[MetaData]
    lossy: ClassVar[Mapping[str, str]] = {}
    kill_points: ClassVar[int] = 4

    def rows(self, table: str) -> Sequence[Mapping[str, Any]] | None:
        """Give rows for a table, parents' before; None to have them made up."""
        return None

    @pytest.fixture
    def migration_urls(self, tmp_path: Path) -> tuple[str, str]:
        """The URLs of two empty databases."""
        return str(tmp_path / "one.db"), str(tmp_path / "other.db")

    @pytest.fixture
    def migrations(self, migration_urls: tuple[str, str], tmp_path: Path) -> Iterator[AlembicManager]:
        """The tree on the first database."""
        manager = self._manager(migration_urls[0], tmp_path)
        yield manager
        manager.db.close()

    def test_there_is_one_head(self, migrations: AlembicManager) -> None:
        assert len(migrations.heads()) == 1, "two branches end in heads of their own: merge them"

    def test_the_models_are_the_end_of_the_tree(
        self, migrations: AlembicManager, migration_urls: tuple[str, str]
    ) -> None:
        migrations.upgrade(skip=_QUICKLY)
        assert migrations.check() == [], "a revision is missing: `colonnade db revision --autogenerate`"
        with DatabaseManager(migration_urls[1], metadata=self.metadata) as made:
            made.create_tables()
            found = compare(_inventory(made), _inventory(migrations.db)).changes
        apart = [change.sentence for change in found if change.clause != "column order"]
        assert apart == [], "what the revisions make isn't what the models make"

    def test_each_revision_goes_up_and_down_with_rows(self, migrations: AlembicManager) -> None:
        before = [_inventory(migrations.db)]
        for revision in migrations.history():
            migrations.upgrade(revision.id, skip=_QUICKLY)
            self._fill(migrations.db)
            before.append(_inventory(migrations.db))
        for revision in reversed(migrations.history()):
            before.pop()
            migrations.downgrade("-1", skip=_QUICKLY)
            found = compare(before[-1], _inventory(migrations.db)).changes
            left = [change.sentence for change in found if change.clause != "column order"]
            assert left == [], f"the downgrade of {revision.id} doesn't lead back"
        migrations.upgrade(skip=_QUICKLY)

    def test_rows_survive_each_revision_and_its_way_back(self, migrations: AlembicManager) -> None:
        for revision in migrations.history():
            self._fill(migrations.db)
            before = _content(migrations.db)
            migrations.upgrade(revision.id, skip=_QUICKLY)
            once = _content(migrations.db)
            migrations.downgrade("-1", skip=_QUICKLY)
            back = _content(migrations.db)
            migrations.upgrade(revision.id, skip=_QUICKLY)
            if revision.id in self.lossy:
                continue
            assert back == before, f"{revision.id} and its downgrade leave other rows than there were"
            assert _content(migrations.db) == once, f"{revision.id} does more when it is done a second time"

    def test_nothing_is_left_at_base(self, migrations: AlembicManager) -> None:
        before = _inventory(migrations.db)
        migrations.upgrade(skip=_QUICKLY)
        migrations.downgrade("base", skip=_QUICKLY)
        left = [change.sentence for change in compare(before, _inventory(migrations.db)).changes]
        assert left == [], "something is left after the way down"

    def test_killed_it_goes_on(
        self, migrations: AlembicManager, migration_urls: tuple[str, str], tmp_path: Path
    ) -> None:
        first, *_ = migrations.history()
        migrations.upgrade(first.id, skip=_QUICKLY)
        self._fill(migrations.db)
        migrations.db.close()
        whole = self._manager(migration_urls[1], tmp_path)
        whole.upgrade(first.id, skip=_QUICKLY)
        self._fill(whole.db)
        whole.db.close()
        points = int(self._killed(migration_urls[1], 0).stdout.split()[-1])
        expected = _content(whole.db)
        for point in sorted({1 + points * each // self.kill_points for each in range(self.kill_points)}):
            self._killed(migration_urls[0], point)
            migrations.upgrade(skip=_QUICKLY)
            assert _content(migrations.db) == expected, f"killed before statement {point}"
            migrations.downgrade(first.id, skip=_QUICKLY)
            migrations.db.close()
        whole.db.close()

    def _manager(self, url: str, folder: Path) -> AlembicManager:
        options = MigrationOptions(backup_folder=folder / "backups")
        return AlembicManager(
            url, script_location=self.script_location, target_metadata=self.metadata, options=options
        )

    def _fill(self, db: DatabaseManager) -> None:
        with db.session() as session:
            counts = fill(session.connection(), self.rows)
        empty = [name for name, count in counts.items() if not count]
        assert not empty, f"no rows could be made up for {', '.join(empty)}: give some by `rows(table)`"

    def _killed(self, url: str, point: int) -> subprocess.CompletedProcess[str]:
        words = [
            "-m",
            "colonnade.testing.migrations.killed",
            url,
            str(self.script_location),
            "head",
            str(point),
        ]
        # The models are where this process found them, which a setting of pytest may have been about.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, env=environment)
        assert done.returncode in (0, KILLED), done.stderr
        return done


def _inventory(db: DatabaseManager) -> Inventory:
    with db.home.connection("deferred") as connection:
        return take_inventory(connection)


def _content(db: DatabaseManager) -> Mapping[str, Any]:
    with db.home.connection("deferred") as connection:
        tables = take_inventory(connection).tables()
        return {
            name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {_quoted(db, name)}")).mappings()))
            for name in tables
        }


def _quoted(db: DatabaseManager, name: str) -> str:
    return db.engine.dialect.identifier_preparer.quote(name)
