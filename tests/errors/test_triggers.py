"""A trigger that refuses a row breaks a rule of the schema, in its own words."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import exc, insert, text

from colonnade.errors import ConstraintError
from tests.databases import Driver
from tests.errors.models import Video
from tests.faces import Face

REFUSALS = {
    "sqlite": (
        "CREATE TRIGGER refuse BEFORE INSERT ON film WHEN NEW.title = 'no' "
        "BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'not this one'; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT ON film FOR EACH ROW WHEN (NEW.title = 'no') "
        "EXECUTE FUNCTION refuse()",
    ),
    "mysql": (
        "CREATE TRIGGER refuse BEFORE INSERT ON film FOR EACH ROW IF NEW.title = 'no' THEN "
        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF",
    ),
}


def test_a_trigger_that_refuses(faced: Face, db: Any, driver: Driver) -> None:
    with faced.entered(db.engine.begin()) as connection:
        for statement in REFUSALS[driver.database]:
            faced.run(connection.execute(text(statement)))
    with (
        pytest.raises(ConstraintError, match="not this one") as raised,
        faced.entered(db.session()) as session,
    ):
        faced.run(session.execute(insert(Video).values(id=9, title="no")))
    assert type(raised.value) is ConstraintError
    assert isinstance(raised.value, exc.IntegrityError)
    assert (raised.value.entity, raised.value.columns, raised.value.constraint) == ("Video", (), None)
    assert not raised.value.retryable
