"""Sessions, savepoints, failures and threads in any order do what a stack of dictionaries does."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from colonnade import AsyncDatabaseManager, DatabaseManager
from tests.faces import Face, Sync
from tests.properties.models import Base
from tests.properties.session_machine import SessionMachine

QUICK = settings(
    max_examples=60,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(
    max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def walk(face: Face, url: str, how: settings) -> None:
    with face.entered(face.pick(DatabaseManager, AsyncDatabaseManager)(url, metadata=Base.metadata)) as db:

        def machine() -> SessionMachine:
            return SessionMachine(
                face, db, readers_wait=url.endswith("//"), error_aborts=url.startswith("postgresql")
            )

        run_state_machine_as_test(cast(Any, machine), settings=how)


def test_sessions_on_a_file_follow_the_model(sqlite_url: str) -> None:
    walk(Sync(), sqlite_url, QUICK)


def test_sessions_in_memory_follow_the_model() -> None:
    walk(Sync(), "sqlite://", QUICK)


@pytest.mark.long
def test_sessions_follow_the_model_on_every_driver(faced: Face, face_url: str) -> None:
    walk(faced, face_url, LONG)
