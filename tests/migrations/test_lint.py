"""Every rule finds its bad examples and passes its good ones; and what it says happens does happen.

The bad examples are carried out by plain Alembic on real databases: PostgreSQL's locks and files are looked
up in its catalogue, rows and schema compared before and after.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from colonnade import AlembicManager
from colonnade.cli import app
from colonnade.errors import MigrationError, PlanRefusedError
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.inventory import compare
from colonnade.migrations.lint import Rule, known_rules, lint
from colonnade.migrations.lint.examples import ROWS, TABLES
from colonnade.migrations.lint.page import MARK, table_of
from colonnade.migrations.tree import Tree
from tests.migrations.conftest import engine_on, opened
from tests.migrations.trees import OURS

PAGE = Path(__file__).parents[2] / "docs" / "lint.md"
EACH = [(rule, database) for rule in known_rules() for database in rule.databases]
SHOWN = [(rule, database) for rule, database in EACH if rule.shows]


def named(value: Any) -> str:
    return value.name if isinstance(value, Rule) else str(value)


def tree_of(folder: Path, body: str) -> Tree:
    """Write the tree of an example: its tables, and its body."""
    versions = folder / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (folder / "env.py").write_text("")
    for name, below, lines in (("r1", None, TABLES), ("r2", "r1", body)):
        (versions / f"{name}.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n"
            "from sqlalchemy.dialects import mysql, postgresql\n\n"
            f"revision = {name!r}\ndown_revision = {below!r}\n\n\ndef upgrade():\n"
            + textwrap.indent(lines, "    ")
            + "\n\n\ndef downgrade():\n    pass\n"
        )
    return Tree(folder)


@pytest.mark.parametrize(("rule", "database"), EACH, ids=named)
def test_bad_examples_are_found_and_good_ones_pass(rule: Rule, database: str, tmp_path: Path) -> None:
    assert rule.bad and rule.happens and rule.why and rule.rewrite
    for number, body in enumerate(rule.bad):
        found = lint(tree_of(tmp_path / f"bad{number}", body), ["r2"], database)
        assert rule.name in {each.rule for each in found}, body
        assert not any(each.rule == "unread" for each in found), found
    for number, body in enumerate(rule.good):
        found = lint(tree_of(tmp_path / f"good{number}", body), ["r2"], database)
        assert rule.name not in {each.rule for each in found}, body


@pytest.fixture(scope="module")
def connections(databases: Any) -> Iterator[dict[str, Connection]]:
    """A connection to one database of each kind; the tables are made anew for each example."""
    from contextlib import ExitStack

    from colonnade.errors import ConfigurationError

    with ExitStack() as lent:
        found = {}
        for database in ("sqlite", "postgresql", "mysql"):
            try:
                url = lent.enter_context(databases.fresh(database))
            except ConfigurationError:
                continue
            engine = engine_on(url)
            lent.callback(engine.dispose)
            found[database] = lent.enter_context(engine.connect())
        yield found


def start(connection: Connection) -> None:
    """Make the examples' tables anew, with their rows, in autocommit."""
    name = connection.dialect.name
    if name == "postgresql":
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    elif name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for kind, found in connection.exec_driver_sql(
            "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite%'"
        ).all():
            connection.exec_driver_sql(f'DROP {kind} "{found}"')
    else:
        connection.exec_driver_sql("SET foreign_key_checks = 0")
        for (found,) in connection.exec_driver_sql("SELECT table_name FROM information_schema.tables"
                                                   " WHERE table_schema = DATABASE()").all():  # fmt: skip
            with suppress(DBAPIError):
                connection.exec_driver_sql(f"DROP TABLE `{found}`")
            with suppress(DBAPIError):
                connection.exec_driver_sql(f"DROP VIEW `{found}`")
        connection.exec_driver_sql("SET foreign_key_checks = 1")
    carry_out(connection, TABLES)
    for statement in ROWS:
        connection.exec_driver_sql(statement)


def carry_out(connection: Connection, body: str) -> None:
    """Carry out the body of a revision by plain Alembic."""
    context = MigrationContext.configure(connection)
    with Operations.context(context) as op:
        exec(body, {"op": op, "sa": sa, "mysql": mysql, "postgresql": postgresql})


def rows(connection: Connection) -> dict[str, list[Any]]:
    """Give the rows of the examples' tables, each column by name."""
    found = {}
    for table in ("clip", "project"):
        with suppress(DBAPIError):
            result = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY id").mappings()
            found[table] = [dict(row) for row in result]
    return found


def fails(connection: Connection, body: str) -> bool:
    try:
        _in_transaction(connection, body)
    except (DBAPIError, NotImplementedError, ValueError):
        return True
    return False


def loses(connection: Connection, body: str) -> bool:
    before = rows(connection)
    if connection.dialect.name != "sqlite" and fails(connection, body):
        return "number" in body or "Integer" in body  # the servers refuse what SQLite loses
    if connection.dialect.name == "sqlite":
        carry_out(connection, body)
    after = rows(connection)
    return any(
        row.get(name) != value
        for table, there in before.items()
        for row, was in zip([*after.get(table, ()), *({},) * len(there)], there, strict=False)
        for name, value in was.items()
    )


def gone(connection: Connection, body: str) -> bool:
    before = take_inventory(connection, without=())
    carry_out(connection, body)
    after = take_inventory(connection, without=())
    return any(change.what in ("gone", "changed") for change in compare(before, after).changes)


def locks(connection: Connection, body: str) -> bool:
    """Tell whether another connection's write, and not merely its read, has to wait meanwhile."""
    if connection.dialect.name == "mysql":
        return copies(connection, body)
    seen: set[str] = set()

    def look() -> None:
        seen.update(
            connection.scalars(
                text(
                    "SELECT mode FROM pg_locks JOIN pg_class ON relation = pg_class.oid"
                    " WHERE pid = pg_backend_pid() AND relname IN ('clip', 'project', 'ix_clip_length_code')"
                )
            )
        )

    _in_transaction(connection, body, look)
    return bool(seen & {"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"})


def rewrites(connection: Connection, body: str) -> bool:
    asked = "SELECT pg_relation_filenode('clip')"
    before = connection.exec_driver_sql(asked).scalar()
    carry_out(connection, body)
    return before != connection.exec_driver_sql(asked).scalar()


def copies(connection: Connection, body: str) -> bool:
    if connection.dialect.name == "postgresql":
        return rewrites(connection, body)
    connection.exec_driver_sql("SET SESSION alter_algorithm = 'NOCOPY'")
    connection.exec_driver_sql("SET SESSION foreign_key_checks = 1")
    try:
        carry_out(connection, body)
    except DBAPIError as error:
        return getattr(error.orig, "args", (0,))[0] in (1845, 1846)
    finally:
        connection.exec_driver_sql("SET SESSION alter_algorithm = 'DEFAULT'")
    return False


def commits(connection: Connection, body: str) -> bool:
    before = rows(connection)
    connection.exec_driver_sql("BEGIN")
    carry_out(connection, body)
    connection.exec_driver_sql("ROLLBACK")
    return rows(connection) != before


def truncates_name(connection: Connection, body: str) -> bool:
    if connection.dialect.name == "mysql":
        return fails(connection, body)
    with suppress(sa.exc.IdentifierError):
        carry_out(connection, body)
        return False
    return True  # SQLAlchemy sees it first


def accepts(connection: Connection, body: str) -> bool:
    carry_out(connection, body)
    return True


EFFECTS = {
    "fails": fails,
    "loses": loses,
    "gone": gone,
    "locks": locks,
    "rewrites": rewrites,
    "copies": copies,
    "commits": commits,
    "truncates name": truncates_name,
    "accepts": accepts,
}


def _in_transaction(connection: Connection, body: str, look: Any = lambda: None) -> None:
    begins = connection.dialect.name != "mysql" and "BEGIN" not in body
    connection.exec_driver_sql("BEGIN" if begins else "SELECT 1")
    try:
        carry_out(connection, body)
        look()
        if connection.dialect.name != "mysql":
            connection.exec_driver_sql("COMMIT")
    except BaseException:
        with suppress(DBAPIError):
            connection.exec_driver_sql("ROLLBACK")
        raise


@pytest.mark.parametrize(("rule", "database"), SHOWN, ids=named)
def test_what_a_rule_says_happens(rule: Rule, database: str, connections: dict[str, Connection]) -> None:
    if database not in connections:
        pytest.skip(f"no {database} for this run")
    for body in rule.bad:
        start(connections[database])
        assert EFFECTS[rule.shows](connections[database], body), body


def test_each_rule_is_a_file_of_its_name() -> None:
    from colonnade.migrations.lint import known_rules as every
    from colonnade.migrations.lint.rules import __path__ as folders

    files = {file.stem for file in Path(next(iter(folders))).glob("[!_]*.py")}
    assert files == {rule.name.replace("-", "_") for rule in every()}
    assert len(files) >= 60


LARGER = """\
op.drop_column("clip", "note")  # lint: allow drop-column -- moved to another system in March
op.drop_table("empty")
"""


def test_a_comment_lets_one_operation_pass(tmp_path: Path) -> None:
    found = lint(tree_of(tmp_path, LARGER), ["r2"], "postgresql")
    by_rule = {each.rule: each for each in found}
    assert by_rule["drop-column"].severity == "info"
    assert by_rule["drop-column"].allowed == "moved to another system in March"
    assert by_rule["drop-table"].severity == "warning"
    assert (by_rule["drop-table"].operation, by_rule["drop-table"].table) == ("DropTable", "empty")
    assert by_rule["drop-table"].line == by_rule["drop-column"].line + 1
    assert by_rule["drop-table"].file.endswith("r2.py") and by_rule["drop-table"].why

    above = LARGER.replace("op.drop_t", "# lint: allow drop-table: nobody has used it for years\nop.drop_t")
    found = lint(tree_of(tmp_path / "just", above), ["r2"], "mysql")
    assert {each.rule for each in found if each.severity == "warning"} == {"no-way-down"}


def test_rows_that_are_there_make_it_certain(url: str, tmp_path: Path) -> None:
    tree = tree_of(tmp_path / "m", 'op.create_index("uq_clip_code", "clip", ["code"], unique=True)')
    (tmp_path / "m" / "env.py").write_text(OURS)
    manager = AlembicManager(url, script_location=tree.folder)
    manager.upgrade("r1", skip=["backup", "rehearse"])
    assert "unique-over-duplicates" not in {each.rule for each in manager.lint()}
    assert "unique-over-duplicates" in {each.rule for each in manager.lint(database="sqlite")}
    with opened(url) as connection:
        for statement in ROWS:
            connection.exec_driver_sql(statement)
    (found,) = [each for each in manager.lint() if each.rule == "unique-over-duplicates"]
    assert (found.severity, found.count, found.revision) == ("error", 2, "r2")
    with pytest.raises(PlanRefusedError, match="unique-over-duplicates"):
        manager.upgrade(skip=["backup", "rehearse"])
    assert manager.current() == ("r1",)
    with pytest.raises(MigrationError, match="r2"):
        manager.upgrade(skip=["backup", "rehearse", "lint"])
    assert manager.current() == ("r1",)
    manager.db.close()


def test_the_journal_keeps_what_was_allowed(url: str, tmp_path: Path) -> None:
    body = (
        'with op.batch_alter_table("clip") as batch:\n'
        '    batch.drop_column("note")  # lint: allow drop-column -- unused\n'
    )
    tree = tree_of(tmp_path / "m", body)
    (tmp_path / "m" / "env.py").write_text(OURS)
    manager = AlembicManager(url, script_location=tree.folder)
    manager.upgrade(skip=["backup", "rehearse"])
    with opened(url) as connection:
        kept = (
            connection.exec_driver_sql("SELECT allowed FROM migration_run ORDER BY id DESC").scalars().first()
        )
    assert "drop-column" in str(kept) and "unused" in str(kept)
    manager.db.close()


def test_sixty_revisions_take_less_than_their_share(tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    (tmp_path / "env.py").write_text("raise RuntimeError('nothing is run for a look at the files')")
    for number in range(60):
        below = repr(f"r{number - 1:02}") if number else None
        (versions / f"r{number:02}.py").write_text(
            f"import sqlalchemy as sa\nfrom alembic import op\n"
            f"revision = 'r{number:02}'\ndown_revision = {below}\n"
            f"def upgrade():\n    op.create_table('t{number}', sa.Column('a', sa.Integer))\n"
            "def downgrade():\n    pass\n"
        )
    found = lint(Tree(tmp_path), [f"r{number:02}" for number in range(60)], "postgresql")
    assert len([each for each in found if each.rule == "table-without-primary-key"]) == 60


def test_the_page_has_each_rule() -> None:
    assert PAGE.read_text(encoding="utf-8").partition(MARK)[2].strip() == table_of(known_rules())


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    tree_of(tmp_path / "migrations", 'op.drop_table("clip")')
    (tmp_path / "pyproject.toml").write_text('[tool.colonnade]\nlint_rules = "lint"\n')
    return tmp_path


def command(*words: str) -> Any:
    return CliRunner().invoke(app, ["db", "lint", *words], catch_exceptions=False)


def test_the_command(work: Path) -> None:
    told = command("--database", "mariadb")
    assert (
        told.exit_code == 3 and "drop-table" in told.output and "drop-table" not in command("--down").output
    )
    (found, *_) = [each for each in json.loads(command("--database", "sqlite", "--json").stdout)
                   if each["rule"] == "drop-table"]  # fmt: skip
    assert (found["revision"], found["table"], found["severity"]) == ("r2", "clip", "warning")
    assert (
        "::warning file=migrations/versions/r2.py,line="
        in command("r1:r2", "--database", "postgresql", "--format", "github").output
    )
    assert command("--database", "oracle").exit_code == 1
    listed = json.loads(command("--list", "--json").stdout)
    assert len(listed) >= 60


def test_a_rule_of_ones_own(work: Path) -> None:
    assert "wrote" in command("--new", "no-drops").output
    assert (work / "lint" / "no_drops.py").exists()
    assert "no-drops" in command("--database", "sqlite").output
    assert command("--new", "no-drops").exit_code == 1
    assert command("--new", "No Drops").exit_code == 1
