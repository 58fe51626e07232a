"""Managers with two accounts of 100 each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from colonnade import AsyncDatabaseManager, DatabaseManager
from tests.faces import Face
from tests.faults.models import Account, Accounts, AsyncAccounts, Base


@pytest.fixture
def db(faced: Face, face_url: str) -> Iterator[Any]:
    """A manager of the test's face."""
    with faced.entered(
        faced.pick(DatabaseManager, AsyncDatabaseManager)(face_url, metadata=Base.metadata)
    ) as db:
        yield db


@pytest.fixture
def accounts(faced: Face, db: Any) -> Any:
    """The repository of the test's face."""
    repository = faced.pick(Accounts, AsyncAccounts)(db)
    faced.run(repository.create_many([Account(id=1, balance=100), Account(id=2, balance=100)]))
    return repository


@pytest.fixture
def sync_db(sync_url: str) -> Iterator[DatabaseManager]:
    """A synchronous manager."""
    with DatabaseManager(sync_url, metadata=Base.metadata) as db:
        Accounts(db).create_many([Account(id=1, balance=100), Account(id=2, balance=100)])
        yield db
