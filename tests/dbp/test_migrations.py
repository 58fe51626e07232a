"""dbp's revisions: both ways to the schema are one, and the data goes along, up and down."""

import subprocess
import sys

import pytest
from dbp.database import SCRIPTS, AlembicManager, Base, DatabaseManager, SchemaVersion
from dbp.database.repositories import BaseRepository
from sqlalchemy import text

import colonnade
from colonnade.migrations import MigrationOptions
from colonnade.testing.databases import DATABASES
from tests.inventories import schemas_differ

from .conftest import repositories_on

FIRST, SECOND, THIRD, HEAD = "3c1d5e7a9b20", "7d42b8c06e51", "a85f03d6c914", "c6e91b7f2d38"

ROWS = (
    "INSERT INTO projects (id, name, root_path) VALUES (1, 'tree', '/tree')",
    "INSERT INTO documents (id, project_id, path, type, last_modified, file_size, digest, design_principles,"
    " constraints, reference_documentation, imports) VALUES"
    " (1, 1, 'a.py', 'Code', '2025-04-17 00:00:00', 3, 'abc', 'One place\nNothing \"twice\"', '',"
    " 'codebase:- doc/X.md\nnobody knows', '{}'),"
    " (2, 1, 'b.py', 'Code', '2025-04-17 00:00:00', 3, 'def', '', 'é: ü', '', '{}')",
    "INSERT INTO functions (id, document_id, name, design_principles, design_decisions, start_line, end_line,"
    " parameters) VALUES (1, 1, 'f', '', '', 1, 2, 'self\nlimit: int = 3')",
    "INSERT INTO document_relationships (source_id, target_id, relationship_type) VALUES"
    " (1, 2, 'DependsOn'), (2, 2, 'DependsOn')",
    "INSERT INTO recommendations (id, title, status) VALUES (1, 'x', 'Active'), (2, 'y', 'Active'),"
    " (3, 'z', 'Rejected')",
)


def bare(url):
    return colonnade.DatabaseManager(url, metadata=Base.metadata)


def values(db, statement):
    with db.session() as session:
        return [tuple(row) for row in session.execute(text(statement))]


def test_the_schema_is_the_models(url):
    with DatabaseManager(url) as db:
        assert AlembicManager(db).check() == []
        assert AlembicManager(db).current() == (HEAD,)
        applied = BaseRepository[SchemaVersion](db).find(order_by="id")
        assert [each.version for each in applied] == [FIRST, SECOND, THIRD, HEAD]


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_both_ways_come_to_the_same_schema(database, fresh_url):
    with bare(fresh_url(database)) as made, DatabaseManager(fresh_url(database)) as migrated:
        made.create_tables()
        assert not schemas_differ(made, migrated)


def test_a_database_of_the_first_days_goes_up_and_down(url, tmp_path):
    db = bare(url)
    migrations = AlembicManager(db, options=MigrationOptions(backup_folder=tmp_path / "backups"))
    migrations.upgrade(FIRST)
    with db.session() as session:
        for statement in ROWS:
            session.execute(text(statement))
    migrations.upgrade()
    dbp = repositories_on(db)
    a, b = dbp.documents.find(order_by="path")
    assert (a.design_principles, a.constraints) == (["One place", 'Nothing "twice"'], [])
    assert a.reference_documentation == [
        {"kind": "codebase", "dependency": "doc/X.md"},
        {"kind": "unknown", "dependency": "nobody knows"},
    ]
    assert (b.constraints, b.md5_digest) == (["é: ü"], "def")
    assert dbp.functions.get_one(1).parameters == ["self", "limit: int = 3"]
    assert {each.id: each.status for each in dbp.recommendations.find()} == {
        1: "Invalidated",
        2: "Active",
        3: "Rejected",
    }
    assert [(each.source_id, each.target_id) for each in dbp.relationships.find()] == [(1, 2)]

    migrations.downgrade(FIRST)
    assert values(
        db, "SELECT digest, design_principles, reference_documentation FROM documents ORDER BY id"
    ) == [
        ("abc", 'One place\nNothing "twice"', "codebase:- doc/X.md\nunknown:- nobody knows"),
        ("def", "", ""),
    ]
    migrations.upgrade()
    assert dbp.documents.find(order_by="path")[0].design_principles == a.design_principles
    migrations.downgrade("base")
    assert migrations.current() == ()
    db.close()


@pytest.mark.parametrize("kind", DATABASES)
def test_plain_alembic_goes_the_same_way(kind, fresh_url, tmp_path):
    url = fresh_url(kind)
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = {SCRIPTS}\n")

    def alembic(*words, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "alembic", "-x", f"url={url}", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    alembic("upgrade", "head")
    assert HEAD in alembic("current")
    with bare(url) as db:
        assert AlembicManager(db).check() == []
    if kind != "sqlite":  # Alembic's batches need a database to look at
        sql = alembic("upgrade", f"{FIRST}:head", "--sql")
        assert "md5_digest" in sql and "only_active" in sql


def test_without_configuration_the_default_file_is_named(here):
    (here / "alembic.ini").write_text(f"[alembic]\nscript_location = {SCRIPTS}\n")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import logging; logging.basicConfig(); from alembic.config import main; main(argv=['current'])",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "dbp.db" in done.stderr


def test_a_failed_connection_is_an_error_and_nothing_else_is_tried(here):
    (here / "alembic.ini").write_text(f"[alembic]\nscript_location = {SCRIPTS}\n")
    url = "postgresql://ann:hush@127.0.0.1:1/none"
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-x", f"url={url}", "upgrade", "head"],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "DatabaseConnectionError" in done.stderr
    assert "hush" not in done.stderr.replace(f"url={url}", "")
    assert not (here / "dbp.db").exists()
