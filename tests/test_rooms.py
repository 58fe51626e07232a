"""The package keeps the house's rules, and each rule fails when it's broken."""

from pathlib import Path

import pytest

from tests.rooms import breaches, private_imports

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "colonnade"


def test_the_package_keeps_every_rule():
    assert breaches(SOURCE) == []


def test_the_systems_import_public_names_only():
    assert private_imports(ROOT / "systems") == []


def test_a_private_import_is_found(tmp_path: Path):
    _write(tmp_path, "dbp/a.py", "from colonnade.models import Base\nfrom colonnade.engine import manager")
    _write(tmp_path, "dbp/c.py", "from .models import Clip\nfrom colonnade.testing.servers import Server")
    _write(tmp_path, "dbp/b.py", "import colonnade\ndef f():\n    import colonnade.dialects.contract")
    assert private_imports(tmp_path) == [
        "dbp/a.py:2: colonnade.engine",
        "dbp/b.py:3: colonnade.dialects.contract",
    ]


BROKEN = [
    ("engine/pool.py", "from colonnade.repository import operation", "engine imports repository"),
    ("engine/pool.py", "from colonnade.models.base import Base", "engine imports models"),
    ("models/base.py", "import colonnade.engine.manager", "models imports engine"),
    ("models/base.py", "def f():\n    from colonnade.engine import manager", "models imports engine"),
    (
        "settings.py",
        "if TYPE_CHECKING:\n    from colonnade.dialects import contract",
        "settings imports dialects",
    ),
    ("errors.py", "from . import settings", "errors imports settings"),
    ("dialects/sqlite/connect.py", "from ...engine import manager", "dialects imports engine"),
    ("dialects/sqlite/connect.py", "import_module('colonnade.engine.manager')", "dialects imports engine"),
    ("dialects/contract.py", "import_module(f'colonnade.engine.{name}')", "dialects imports engine"),
    ("seeding/seed.py", "from colonnade.describe import schema", "seeding imports describe"),
    ("cli/main.py", "from colonnade.studio import app", "cli imports studio"),
    ("audit/log.py", "from colonnade.testing import servers", "audit imports testing"),
    ("audit/log.py", "from colonnade import AuditLog", "imports the package's front"),
    ("attic/box.py", "", "no place in the diagram"),
    ("repository/operations.py", "self.session.commit()", "commits"),
    ("engine/retry.py", "open_session().commit()", "commits"),
    ("repository/operations.py", "async def f():\n    await g()", "awaits"),
    ("audit/log.py", "async def f():\n    async with g(): pass", "awaits"),
    ("audit/log.py", "async def f():\n    async for x in g(): pass", "awaits"),
    ("audit/log.py", "async def f():\n    return [x async for x in g()]", "awaits"),
    ("engine/manager.py", "if engine.name == 'sqlite': pass", "names a database: sqlite"),
    ("engine/manager.py", "url = f'{scheme}+asyncpg://'", "names a database: asyncpg"),
    ("engine/home.py", "SCHEMES = (b'mariadb',)", "names a database: mariadb"),
    ("engine/retry.py", "class Lost(Exception): pass", "defines the exception Lost"),
    ("engine/retry.py", "class Lost(errors.TransientError): pass", "defines the exception Lost"),
    ("engine/retry.py", "class Lost(TimeoutError, Generic[T]): pass", "defines the exception Lost"),
    ("engine/retry.py", "os.environ['HOME']", "reads the environment"),
    ("engine/retry.py", "os.getenv('HOME')", "reads the environment"),
    ("engine/retry.py", "from os import environ", "reads the environment"),
    ("engine/retry.py", "print(1)", "calls print"),
    ("engine/retry.py", "sys.exit(1)", "calls sys.exit"),
    ("engine/retry.py", "raise SystemExit", "exits"),
    ("engine/retry.py", "import rich.console", "imports rich.console"),
    ("engine/retry.py", "def f():\n    import typer", "imports typer"),
]


@pytest.mark.parametrize(("path", "source", "breach"), BROKEN)
def test_a_broken_rule_is_found(tmp_path: Path, path: str, source: str, breach: str):
    _write(tmp_path, path, source)
    found = breaches(tmp_path)
    assert len(found) == 1
    assert found[0].startswith(f"{path}:")
    assert breach in found[0]


KEPT = [
    ("engine/session.py", "connection.commit()"),
    ("migrations/apply.py", "connection.commit()"),
    ("engine/manager.py", "async def f():\n    await g()"),
    ("repository/stream.py", "async def f():\n    async for x in g(): yield x"),
    ("repository/operations.py", "from colonnade.engine.manager import DatabaseManager"),
    ("cli/main.py", "import typer\nfrom colonnade.errors import DatabaseError\nprint(1)\nsys.exit(1)"),
    ("dialects/mysql/connect.py", "NAME = 'mariadb'"),
    ("engine/manager.py", '"""Works on sqlite."""\nX = 1\n"""Also on mysql."""'),
    ("errors.py", "class DatabaseError(Exception): pass"),
    ("settings.py", "os.environ"),
    ("models/base.py", "async def f(): pass"),
]


@pytest.mark.parametrize(("path", "source"), KEPT)
def test_what_a_rule_allows_is_no_breach(tmp_path: Path, path: str, source: str):
    _write(tmp_path, path, source)
    assert breaches(tmp_path) == []


def _write(folder: Path, path: str, source: str) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
