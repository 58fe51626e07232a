"""What an upgrade lacks stops it first, with the cure; with the stage left out by name the rest works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from colonnade import AlembicManager
from colonnade.errors import BackupError, MigrationError, MissingProgramError, ScratchDatabaseError
from colonnade.migrations import MigrationOptions
from tests.databases import FreshUrl
from tests.migrations.conftest import opened
from tests.migrations.test_manager import asked, fill
from tests.migrations.trees import LIBRARY, make_tree


def upgraded_all_the_same(url: str, tree: Path, folder: Path, error: type[MigrationError], cure: str,
                          skip: Sequence[str]) -> None:  # fmt: skip
    """Be refused at r1 with nothing changed, and come to the end with the stages left out."""
    manager = AlembicManager(url, script_location=tree, options=MigrationOptions(backup_folder=folder))
    with pytest.raises(error, match=cure) as caught:
        manager.upgrade()
    assert "--skip backup --skip rehearse" in str(caught.value)
    assert manager.current() == ("r1",)
    assert asked(url, "SELECT count(*) FROM book") == [(6,)]
    manager.upgrade(skip=skip)
    assert manager.current() == ("r3",)
    assert asked(url, "SELECT count(*) FROM book") == [(6,)]
    manager.db.close()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "m", LIBRARY)


def begun(url: str, tree: Path) -> str:
    """Bring a database to r1, with rows."""
    with AlembicManager(url, script_location=tree).db as db:
        AlembicManager(db, script_location=tree).upgrade("r1", skip=["backup", "rehearse", "plan"])
    fill(url)
    return url


@pytest.fixture
def restricted(fresh_url: FreshUrl, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an account that owns its database, and may make no other."""
    database, account = request.param, f"lacking_{uuid4().hex[:8]}"
    admin = fresh_url(database)
    url = make_url(admin)
    if database == "postgresql":
        make = (f"CREATE ROLE {account} LOGIN", f"ALTER DATABASE {url.database} OWNER TO {account}",
                f"ALTER SCHEMA public OWNER TO {account}")  # fmt: skip
        end = (f"REASSIGN OWNED BY {account} TO CURRENT_USER", f"DROP ROLE {account}")
    else:
        make = (f"CREATE USER {account}@'%'", f"GRANT ALL ON {url.database}.* TO {account}@'%'")
        end = (f"DROP USER {account}@'%'",)
    with opened(admin) as connection:
        for statement in make:
            connection.exec_driver_sql(statement.replace("%", "%%"))
    yield url.set(username=account).render_as_string()
    with opened(admin) as connection:
        for statement in end:
            connection.exec_driver_sql(statement.replace("%", "%%"))


@pytest.mark.parametrize(
    ("restricted", "cure"),
    [("postgresql", r"ALTER ROLE \w+ CREATEDB"), ("mysql", r"GRANT ALL PRIVILEGES ON `colonnade\\_%`")],
    indirect=["restricted"],
)
def test_an_account_that_may_make_no_database(restricted: str, cure: str, tree: Path, tmp_path: Path) -> None:
    url = begun(restricted, tree)
    skip = ["plan", "backup", "rehearse"]
    upgraded_all_the_same(url, tree, tmp_path / "kept", ScratchDatabaseError, cure, skip)


@pytest.mark.parametrize(
    ("database", "package"), [("postgresql", "postgresql-client-"), ("mysql", "-client ")]
)
def test_a_machine_without_the_servers_programs(
    fresh_url: FreshUrl, database: str, package: str, tree: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    url = begun(fresh_url(database), tree)
    monkeypatch.setenv("PATH", str(tmp_path))
    upgraded_all_the_same(
        url, tree, tmp_path / "kept", MissingProgramError, f"Install .*{package}", ["backup", "rehearse"]
    )


def test_a_full_folder(url: str, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(url, tree)
    usage = type("Usage", (), {"free": 100})()
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    cure = r"it needs up to [\d,]+ bytes, and 100 are free"
    upgraded_all_the_same(url, tree, tmp_path / "kept", BackupError, cure, ["backup", "rehearse"])
    assert not (tmp_path / "kept").exists()
