"""Backups: of one moment, tried out, refused when they were changed, and never put over others' rows."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, make_url

from colonnade.errors import BackupError, LockTimeoutError, MissingProgramError
from colonnade.migrations import manifest
from colonnade.migrations.backup import (
    Backup,
    estimate_backup,
    list_backups,
    prune_backups,
    restore_backup,
    restored_backup,
    take_backup,
    verify_backup,
)
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.content import take_content
from colonnade.migrations.scratch import connected
from colonnade.settings import DatabaseSettings
from tests.databases import FreshUrl
from tests.migrations.conftest import carry_out, opened
from tests.migrations.schemas import WHOLE

Connect = Callable[[str], Connection]
each_database = pytest.mark.parametrize("database", ("sqlite", "postgresql", "mysql"))

CLIPS = (
    "CREATE TABLE clip (id INTEGER PRIMARY KEY, title VARCHAR(40))",
    "INSERT INTO clip VALUES (1, 'fox'), (2, 'owl'), (3, NULL)",
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
    "INSERT INTO alembic_version VALUES ('a1')",
)


@pytest.fixture
def clips(url: str) -> DatabaseSettings:
    """A database with three clips, at a revision."""
    with opened(url) as connection:
        carry_out(connection, CLIPS)
    return DatabaseSettings(url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def _rows(settings: DatabaseSettings) -> list[tuple[object, ...]]:
    with connected(settings) as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM clip ORDER BY id")]


class TestTaking:
    """What a backup knows, and what stays of one that fails."""

    def test_it_tells_what_it_is(self, clips: DatabaseSettings, folder: Path) -> None:
        told: list[tuple[str, int, int]] = []
        backup = take_backup(clips, folder, progress=lambda *each: told.append(each))
        with connected(clips) as connection:
            assert backup.content == take_content(connection)
        assert backup.revisions == ("a1",)
        assert backup.content.tables["clip"].rows == 3
        assert backup.bytes == backup.file.stat().st_size
        assert backup.sha256 == manifest.digest_of(backup.file)
        assert {what for what, _, _ in told} >= {"dump", "clip"}
        assert "at a1" in str(backup)
        assert "4 rows in 2 tables" in str(backup)
        assert json.loads(json.dumps(backup.to_json()))["tables"]["clip"]["rows"] == 3
        assert list_backups(folder) == [backup]
        assert sorted(path.name for path in folder.iterdir()) == [backup.file.name, backup.manifest.name]

    @each_database
    def test_a_whole_schema_is_restored_as_it_was(
        self, fresh_url: FreshUrl, folder: Path, database: str
    ) -> None:
        url = fresh_url(database)
        with opened(url) as connection:
            carry_out(connection, WHOLE[database])
            before = take_inventory(connection)
        settings = DatabaseSettings(url)
        backup = take_backup(settings, folder)
        with restored_backup(backup, settings) as copy, connected(copy) as connection:
            after = take_inventory(connection)
            if database == "mysql":  # its events are switched off in a copy
                assert {key for key in before.items} == {key for key in after.items}
            else:
                assert after.items == before.items
            assert after.counters == before.counters
        assert verify_backup(backup, settings).verified_at is not None

    @each_database
    def test_digests_are_of_the_dump_while_others_write(
        self, fresh_url: FreshUrl, folder: Path, database: str
    ) -> None:
        url = fresh_url(database)
        with opened(url) as connection:
            carry_out(connection, ("CREATE TABLE one (id INT)", "CREATE TABLE two (id INT)"))
        settings = DatabaseSettings(url)
        with _writer(settings):
            for _ in range(2):
                backup = take_backup(settings, folder)
                tables = backup.content.tables
                assert tables["one"].rows == tables["two"].rows
                verify_backup(backup, settings)

    def test_a_default_folder_beside_the_file(self, sqlite_url: str) -> None:
        with opened(sqlite_url) as connection:
            carry_out(connection, CLIPS)
        backup = take_backup(DatabaseSettings(sqlite_url))
        assert backup.file.parent == Path(make_url(sqlite_url).database or "").parent / "backups"

    def test_one_in_memory_has_none(self, folder: Path) -> None:
        with pytest.raises(BackupError, match="in memory can't be backed up"):
            take_backup(DatabaseSettings("sqlite://"))

    def test_too_large(self, clips: DatabaseSettings, folder: Path) -> None:
        estimate = estimate_backup(clips, folder)
        assert estimate.bytes > 0
        assert estimate.fits
        with pytest.raises(BackupError, match=r"more than the 10 bytes that are allowed"):
            take_backup(clips, folder, most_bytes=10)
        assert not folder.exists()

    def test_a_full_disk_leaves_nothing(self, url: str, folder: Path) -> None:
        with opened(url) as connection:
            kind = "LONGTEXT" if "mysql" in url else "TEXT"
            carry_out(connection, (f"CREATE TABLE note (body {kind})",))
            for _ in range(40):
                carry_out(connection, (f"INSERT INTO note VALUES ('{os.urandom(15_000).hex()}')",))
        done = _limited(url, folder)
        assert done.returncode == 0, done.stderr
        assert "it needs up to" in done.stdout
        assert "bytes, and" in done.stdout
        assert list(folder.iterdir()) == []

    def test_no_room_is_seen_first(
        self, clips: DatabaseSettings, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = type("Usage", (), {"free": 100})()
        monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
        with pytest.raises(BackupError, match=r"it needs up to [\d,]+ bytes, and 100 are free"):
            take_backup(clips, folder)
        assert not folder.exists()


class TestPrograms:
    """The servers' own programs."""

    @pytest.mark.parametrize(
        ("database", "package"), [("postgresql", "postgresql-client-"), ("mysql", "-client ")]
    )
    def test_a_missing_one_names_its_package(
        self,
        fresh_url: FreshUrl,
        folder: Path,
        database: str,
        package: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings = DatabaseSettings(fresh_url(database))
        monkeypatch.setenv("PATH", str(folder))
        with pytest.raises(MissingProgramError, match=f"isn't installed.* Install .*{package}"):
            take_backup(settings, folder)

    @pytest.mark.parametrize(
        ("database", "name", "said"),
        [
            ("postgresql", "pg_dump", "pg_dump (PostgreSQL) 9.6.1"),
            ("mysql", "mariadb-dump", "mariadb-dump  Ver 10.19 Distrib 10.2.1-MariaDB, for Linux"),
        ],
    )
    def test_an_old_one_names_both_versions(
        self,
        fresh_url: FreshUrl,
        tmp_path: Path,
        database: str,
        name: str,
        said: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings = DatabaseSettings(fresh_url(database))
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{said}'\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.setattr("colonnade.dialects.postgresql.backup._FOLDERS", ())
        with pytest.raises(MissingProgramError, match=r"version (9|10\.2), and the server"):
            take_backup(settings, tmp_path / "kept")

    @pytest.mark.parametrize("database", ("postgresql", "mysql"))
    def test_no_password_is_among_the_arguments(
        self, fresh_url: FreshUrl, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = {"postgresql": "pg_dump", "mysql": "mariadb-dump"}[database]
        settings = DatabaseSettings(fresh_url(database))
        seen = tmp_path / "seen"
        program = tmp_path / name
        real = subprocess.run(["which", name], capture_output=True, text=True, check=True).stdout.strip()
        program.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nenv >> {seen}\nexec {real} "$@"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        from colonnade.dialects import programs

        written: list[str] = []
        plain = programs.secret_file
        monkeypatch.setattr(programs, "secret_file", lambda text: (written.append(text), plain(text))[1])
        if database == "postgresql":
            settings = replace(settings, password="se:cr\\et")  # the server trusts whoever comes
            take_backup(settings, tmp_path / "kept")
        else:
            account = f"keeper_{os.getpid()}"
            with connected(settings) as connection:
                carry_out(connection, (f"CREATE USER {account} IDENTIFIED BY 'se:cr\\\\et'",))
                carry_out(connection, (f"GRANT ALL ON *.* TO {account}",))
            try:
                url = settings.sqlalchemy_url().set(username=account)
                take_backup(replace(settings, url=url, password="se:cr\\et"), tmp_path / "kept")
            finally:
                with connected(settings) as connection:
                    carry_out(connection, (f"DROP USER {account}",))
        assert "cr" in "".join(written)
        assert "se:cr" not in seen.read_text()

    def test_one_that_fails_leaves_nothing(
        self, postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = tmp_path / "pg_dump"
        program.write_text(
            "#!/bin/sh\n[ $1 = --version ] && exec /usr/bin/pg_dump $1\necho half; echo gone >&2; exit 3\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        with pytest.raises(BackupError, match="pg_dump ended with 3: gone"):
            take_backup(DatabaseSettings(postgresql_url), tmp_path / "kept")
        assert list((tmp_path / "kept").iterdir()) == []


class TestRefused:
    """A backup that isn't what it was."""

    def test_one_byte_changed(self, clips: DatabaseSettings, folder: Path) -> None:
        backup = take_backup(clips, folder)
        content = bytearray(backup.file.read_bytes())
        content[len(content) // 2] ^= 1
        backup.file.write_bytes(content)
        with pytest.raises(BackupError, match="was changed since it was taken: its sha256 is"):
            verify_backup(backup, clips)

    def test_cut_and_gone(self, clips: DatabaseSettings, folder: Path) -> None:
        backup = take_backup(clips, folder)
        backup.file.write_bytes(backup.file.read_bytes()[:-1])
        with pytest.raises(BackupError, match=r"has [\d,]+ bytes, and had"):
            verify_backup(backup, clips)
        backup.file.unlink()
        with pytest.raises(BackupError, match="can't be read: No such file"):
            verify_backup(backup, clips)
        assert list_backups(folder) == []

    def test_a_row_removed_in_a_dump_that_is_valid(self, clips: DatabaseSettings, folder: Path) -> None:
        good = take_backup(clips, folder)
        with connected(clips) as connection:
            connection.exec_driver_sql("DELETE FROM clip WHERE id = 3")
        less = take_backup(clips, folder)
        forged = replace(good, file=less.file, bytes=less.bytes, sha256=less.sha256)
        with pytest.raises(BackupError, match="isn't what was backed up: table clip had 3 rows, has 2"):
            verify_backup(forged, clips)

    def test_another_schema(self, clips: DatabaseSettings, folder: Path) -> None:
        good = take_backup(clips, folder)
        with connected(clips) as connection:
            connection.exec_driver_sql("CREATE INDEX ix ON clip (title)")
        other = take_backup(clips, folder)
        forged = replace(good, file=other.file, bytes=other.bytes, sha256=other.sha256)
        with pytest.raises(
            BackupError, match="hasn't the schema that was backed up: index ix on clip is new"
        ):
            verify_backup(forged, clips)

    def test_another_kind(self, fresh_url: FreshUrl, folder: Path) -> None:
        backup = take_backup(DatabaseSettings(fresh_url("sqlite")), folder)
        with pytest.raises(BackupError, match="of another kind: sqlite"):
            verify_backup(backup, DatabaseSettings(fresh_url("postgresql")))

    def test_a_given_scratch_database(
        self, fresh_url: FreshUrl, clips: DatabaseSettings, folder: Path
    ) -> None:
        backup = take_backup(clips, folder)
        scratch_url = fresh_url(backup.kind)
        with restored_backup(backup, clips, scratch_url=scratch_url) as copy:
            assert len(_rows(copy)) == 3
        with opened(scratch_url) as connection:
            assert not take_inventory(connection, without=()).items


class TestRestoring:
    """In place where nothing would be lost, else beside."""

    def test_in_place_after_an_interrupted_migration(self, clips: DatabaseSettings, folder: Path) -> None:
        backup = take_backup(clips, folder)
        with connected(clips) as connection:
            carry_out(
                connection,
                (
                    "UPDATE clip SET title = 'done' WHERE id = 1",
                    "CREATE TABLE halfway (id INT)",
                    "CREATE VIEW shown AS SELECT id FROM clip",
                    "UPDATE alembic_version SET version_num = 'b2'",
                ),
            )
            left = take_content(connection)
        restored = restore_backup(backup, clips, expected=left)
        assert restored.in_place
        assert "restored" in str(restored)
        with connected(clips) as connection:
            assert take_content(connection) == backup.content
            assert take_inventory(connection, without=()).tables() == ["alembic_version", "clip"]

    def test_beside_where_others_wrote(self, clips: DatabaseSettings, folder: Path) -> None:
        backup = take_backup(clips, folder)
        with connected(clips) as connection:
            for number in range(10, 20):
                connection.exec_driver_sql(f"INSERT INTO clip VALUES ({number}, 'theirs')")
        restored = restore_backup(backup, clips)
        try:
            assert not restored.in_place
            assert str(restored.difference) == "table clip had 3 rows, has 13"
            assert "_restored_" in restored.database
            assert len(_rows(clips)) == 13
            assert _rows(restored.settings) == [(1, "fox"), (2, "owl"), (3, None)]
            assert json.loads(json.dumps(restored.to_json()))["in_place"] is False
        finally:
            _drop(clips, restored.settings)

    def test_what_is_as_it_was_is_restored(self, clips: DatabaseSettings, folder: Path) -> None:
        backup = take_backup(clips, folder)
        with connected(clips) as connection:
            connection.exec_driver_sql("CREATE INDEX ix ON clip (title)")
        assert restore_backup(backup, clips).in_place
        with connected(clips) as connection:
            assert not [key for key in take_inventory(connection).items if key.kind == "index"]

    @each_database
    def test_a_whole_schema_in_place(self, fresh_url: FreshUrl, folder: Path, database: str) -> None:
        url = fresh_url(database)
        settings = DatabaseSettings(url)
        with opened(url) as connection:
            carry_out(connection, WHOLE[database])
            before = take_inventory(connection)
        backup = take_backup(settings, folder)
        assert restore_backup(backup, settings).in_place
        with opened(url) as connection:
            assert take_inventory(connection).items == before.items
            assert take_content(connection) == backup.content

    def test_a_writer_holds_it_up_to_the_deadline(self, clips: DatabaseSettings, folder: Path) -> None:
        backup = take_backup(clips, folder)
        with connected(clips, "write") as connection:
            connection.exec_driver_sql("UPDATE clip SET title = 'mine' WHERE id = 1")
            with pytest.raises(LockTimeoutError):
                restore_backup(backup, clips, deadline_s=1)
            connection.rollback()
        assert _rows(clips)[0] == (1, "fox")

    def test_a_reader_of_a_file_doesnt_hang_it(self, sqlite_url: str, folder: Path) -> None:
        settings = DatabaseSettings(sqlite_url)
        with connected(settings) as connection:
            carry_out(connection, CLIPS)
        backup = take_backup(settings, folder)
        with connected(settings) as connection:
            connection.exec_driver_sql("CREATE INDEX ix ON clip (title)")
        with connected(settings, "read_only") as reader:
            before = reader.exec_driver_sql("SELECT * FROM clip").all()
            assert restore_backup(backup, settings, deadline_s=2).in_place
            assert reader.exec_driver_sql("SELECT * FROM clip").all() == before

    def test_a_reader_without_a_log_holds_it_up(self, sqlite_url: str, folder: Path) -> None:
        path = make_url(sqlite_url).database or ""
        settings = DatabaseSettings(sqlite_url)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for statement in CLIPS:
                connection.execute(statement)
        backup = take_backup(settings, folder)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("PRAGMA journal_mode=DELETE")
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM clip").fetchall()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("colonnade.dialects.sqlite.connection._write_ahead", lambda *_: False)
                with pytest.raises(LockTimeoutError, match="held the database for 0.5 seconds"):
                    restore_backup(backup, settings, deadline_s=0.5)
                reader.execute("COMMIT")
                assert restore_backup(backup, settings, deadline_s=0.5).in_place
        assert len(_rows(settings)) == 3


class TestKilled:
    """A process that is killed while it takes a backup."""

    def test_what_it_left_is_no_backup(self, clips: DatabaseSettings, url: str, folder: Path) -> None:
        program = (
            "import os, signal, sys\n"
            "from colonnade.migrations.backup import take_backup\n"
            "from colonnade.settings import DatabaseSettings\n"
            "def die(*_):\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "take_backup(DatabaseSettings(sys.argv[1]), sys.argv[2], progress=die)\n"
        )
        done = subprocess.run([sys.executable, "-c", program, url, str(folder)], check=False)
        assert done.returncode == -signal.SIGKILL
        assert [path.suffix for path in folder.iterdir()] == [".part"]
        assert list_backups(folder) == []
        assert verify_backup(take_backup(clips, folder), clips).content.rows == 4


class TestKeeping:
    """Which ones stay."""

    def test_the_newest_the_young_and_the_last_good_one(self, tmp_path: Path) -> None:
        now = datetime.now(UTC)
        ages = {1: False, 2: False, 3: False, 20: True, 30: True, 40: False}
        for age, good in ages.items():
            at = now - timedelta(days=age)
            file = tmp_path / f"clips-{age}.db"
            file.write_bytes(b"x")
            manifest.write(_backup(file, at, verified_at=at if good else None))
        _other = manifest.write(_backup(tmp_path / "other.db", now - timedelta(days=99), database="other"))
        _other.file.write_bytes(b"x")
        gone = prune_backups(tmp_path, keep=1, days=2.5)
        assert sorted(backup.file.name for backup in gone) == ["clips-3.db", "clips-30.db", "clips-40.db"]
        left = [backup.file.name for backup in list_backups(tmp_path)]
        assert left == ["clips-1.db", "clips-2.db", "clips-20.db", "other.db"]
        assert len(list(tmp_path.iterdir())) == 8

    def test_what_is_no_backup_is_not_listed(self, tmp_path: Path) -> None:
        (tmp_path / "a.db.json").write_text("{")
        (tmp_path / "b.db.json").write_text('{"colonnade_backup": 1}')
        (tmp_path / "package.json").write_text('{"name": "x"}')
        (tmp_path / ".c.db.part").write_text("half")
        assert list_backups(tmp_path) == []
        assert list_backups(tmp_path / "absent") == []

    def test_what_was_interrupted_is_swept_a_day_later(self, clips: DatabaseSettings, folder: Path) -> None:
        folder.mkdir()
        old, young = folder / ".x.db.part", folder / ".y.db.part"
        for path in (old, young):
            path.write_text("half")
        os.utime(old, (1, 1))
        take_backup(clips, folder)
        assert not old.exists()
        assert young.exists()


def _backup(
    file: Path, at: datetime, *, database: str = "clips", verified_at: datetime | None = None
) -> Backup:
    return Backup(
        file=file,
        created_at=at,
        database=database,
        kind="sqlite",
        server_version="3",
        revisions=(),
        fingerprint="1:",
        content=manifest.Content(),
        bytes=1,
        sha256="",
        seconds=1.0,
        verified_at=verified_at,
    )


def _drop(original: DatabaseSettings, beside: DatabaseSettings) -> None:
    name = beside.sqlalchemy_url().database or ""
    if os.path.exists(name):
        os.unlink(name)
        return
    with connected(original) as connection:
        carry_out(connection, (f"DROP DATABASE {name}",))


class _writer:
    """Others who write one row to two tables, in one transaction, again and again."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        number = 0
        while not self._end.is_set():
            number += 1
            time.sleep(0.002)
            with connected(self._settings, "write") as connection:
                carry_out(
                    connection, (f"INSERT INTO one VALUES ({number})", f"INSERT INTO two VALUES ({number})")
                )

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def _limited(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Take a backup in a process whose files can't get larger than 300,000 bytes."""
    program = (
        "import resource, sys\n"
        "from colonnade.errors import BackupError\n"
        "from colonnade.migrations.backup import take_backup\n"
        "from colonnade.settings import DatabaseSettings\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "try:\n"
        "    take_backup(DatabaseSettings(sys.argv[1]), sys.argv[2])\n"
        "except BackupError as error:\n"
        "    print(error)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, url, str(folder)], capture_output=True, text=True, check=False
    )
