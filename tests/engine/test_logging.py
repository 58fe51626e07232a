"""An application's own session, on an engine without our listener: its errors are logged once, too."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from colonnade.errors import UniqueViolationError
from tests.engine.models import Base, Shelf, ShelfRepository


def test_a_foreign_engines_error_is_logged_once(sync_url: str, caplog: pytest.LogCaptureFixture) -> None:
    engine = create_engine(sync_url)
    Base.metadata.create_all(engine)
    with Session(engine) as session, caplog.at_level(logging.DEBUG, logger="colonnade"):
        shelves = ShelfRepository(session)
        shelves.create(Shelf(name="a"))
        with pytest.raises(UniqueViolationError):
            shelves.create(Shelf(name="a"))
    engine.dispose()
    assert [record.code for record in caplog.records if record.name == "colonnade"] == ["unique_violation"]
