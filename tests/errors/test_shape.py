"""What every error is: its code, its fields, what catches it, what it says, and that it travels."""

from __future__ import annotations

import copy
import pickle
import re
import sqlite3
from typing import Any

import pytest
from sqlalchemy import exc
from sqlalchemy.orm import exc as orm_exc

from colonnade import errors
from colonnade.errors import DatabaseError, DeadlockError, UniqueViolationError

CLASSES: list[type[DatabaseError]] = [getattr(errors, name) for name in errors.__all__]

STANDS_FOR: dict[str, tuple[type[BaseException], ...]] = {
    "DatabaseConnectionError": (exc.OperationalError, exc.InterfaceError),
    "AuthenticationError": (exc.OperationalError,),
    "PoolTimeoutError": (exc.TimeoutError,),
    "EntityNotFoundError": (exc.NoResultFound,),
    "MultipleEntitiesError": (exc.MultipleResultsFound,),
    "EntityValidationError": (ValueError,),
    "ConstraintError": (exc.IntegrityError,),
    "UniqueViolationError": (exc.IntegrityError,),
    "CheckViolationError": (exc.IntegrityError, exc.OperationalError),
    "NotNullViolationError": (exc.IntegrityError, exc.OperationalError),
    "ValueRejectedError": (exc.DataError,),
    "SchemaMismatchError": (exc.ProgrammingError, exc.OperationalError),
    "ReadOnlyDatabaseError": (exc.OperationalError, exc.InternalError),
    "DiskFullError": (exc.OperationalError,),
    "DamagedDatabaseError": (exc.DatabaseError,),
    "DeadlockError": (exc.OperationalError,),
    "StatementTimeoutError": (exc.OperationalError,),
    "AmbiguousCommitError": (exc.OperationalError,),
    "StaleEntityError": (orm_exc.StaleDataError,),
    "RelationshipNotLoadedError": (orm_exc.DetachedInstanceError,),
    "TransactionError": (exc.InvalidRequestError,),
    "StatementError": (exc.ProgrammingError, exc.NotSupportedError, exc.InterfaceError),
}


@pytest.fixture(params=CLASSES, ids=lambda kind: kind.__name__)
def error(request: pytest.FixtureRequest) -> DatabaseError:
    """One error of each class, with all its fields."""
    kind: type[DatabaseError] = request.param
    error = kind(
        "what happened",
        entity="Clip",
        columns=["film_id"],
        constraint="fk_scene_film",
        retryable=True,
        remedy="do this",
        attempts=3,
        orig=sqlite3.IntegrityError("secret row"),
        statement="INSERT INTO scene VALUES (?)",
        connection_invalidated=True,
    )
    error.add_note("seen at night")
    return error


def test_the_code_is_the_class_in_snake_case(error: DatabaseError) -> None:
    words = re.findall("[A-Z][a-z]*", type(error).__name__.removesuffix("Error"))
    assert error.code == "_".join(words).lower()


def test_sqlalchemys_classes_go_on_catching(error: DatabaseError) -> None:
    for kind in STANDS_FOR.get(type(error).__name__, ()):
        assert isinstance(error, kind)


def test_it_says_what_and_what_to_do_and_no_more(error: DatabaseError) -> None:
    assert str(error) == "what happened. do this"
    assert "secret" not in repr(error)


@pytest.mark.parametrize("travel", [lambda it: pickle.loads(pickle.dumps(it)), copy.copy, copy.deepcopy])
def test_it_travels_with_its_fields(error: DatabaseError, travel: Any) -> None:
    arrived = travel(error)
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    for name in (
        "entity",
        "columns",
        "constraint",
        "retryable",
        "remedy",
        "attempts",
        "statement",
        "__notes__",
    ):
        assert getattr(arrived, name) == getattr(error, name)
    assert arrived.connection_invalidated
    assert arrived.orig is None, "a driver's exception can't be pickled everywhere"


def test_the_class_gives_what_is_left_out() -> None:
    assert DeadlockError("x").retryable
    assert not UniqueViolationError("x").retryable
    assert not DeadlockError("x", retryable=False).retryable
    assert UniqueViolationError("x").columns == ()
    assert UniqueViolationError("x").params is None
    assert "another value" in str(UniqueViolationError("x"))
    assert str(UniqueViolationError("x", remedy="")) == "x"


def test_a_class_of_a_users_own_has_a_code_too() -> None:
    class QuotaExceededError(errors.ConstraintError):
        """One of theirs."""

    assert QuotaExceededError("x").code == "quota_exceeded"


def test_every_class_is_listed_and_drawn() -> None:
    defined = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, DatabaseError)
    }
    assert set(errors.__all__) == defined
    drawn = set(re.findall(r"\w+Error\b", (errors.__doc__ or "").partition("A class that stands")[0]))
    assert drawn == defined
