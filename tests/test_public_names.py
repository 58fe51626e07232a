"""The package's front: which names it has, and what importing it loads."""

from __future__ import annotations

import subprocess
import sys

import colonnade

HEAVY = (
    "aiosqlite",
    "alembic",
    "asyncmy",
    "asyncpg",
    "greenlet",
    "psycopg",
    "pymysql",
    "rich",
    "stamina",
    "typer",
)


def test_every_public_name_can_be_had() -> None:
    for name in colonnade.__all__:
        assert getattr(colonnade, name).__doc__, name
    assert set(colonnade.__all__) <= set(dir(colonnade))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(colonnade, "Repository")


def test_importing_loads_nothing_heavy() -> None:
    names = ", ".join(name for name in colonnade.__all__ if "Alembic" not in name)
    script = (
        f"import sys; from colonnade import {names}\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
