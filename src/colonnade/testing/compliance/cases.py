"""What a user fills in for the cases, and what each case is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, ClassVar, Generic, TypeVar

import pytest
from sqlalchemy import inspect as state_of
from sqlalchemy.orm.exc import DetachedInstanceError

from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.models.fields import fields_of
from colonnade.repository.keys import key_of
from colonnade.testing.compliance.faces import AsyncCaller, Caller, Plain, SyncCaller
from colonnade.testing.rollback import rolled_back

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def needs(name: str) -> Callable[[F], F]:
    """Mark a case with what it needs, which a class may do `without`."""

    def mark(case: F) -> F:
        case.__dict__["needs"] = name
        return case

    return mark


class Cases(Generic[T]):
    """What a class of cases is told about its repository.

    `repository` and `async_repository` are the classes of the two faces: a case runs on the
    one that goes with the manager in `db`. `new` makes a distinct, valid, unsaved entity for each
    number from 0 up. `changes` are values for an update, other than those of `new` and valid in several
    rows at once. `stored_first`
    gives objects that the entities need; saved, they are in `self.parents`. `upsert_on` names the
    fields by which upserts go, where that isn't the key. `without` names what the model can't do
    (`upsert`, `get_or_create`, `expressions`), with the reason; cases about that are skipped.

    The fixture `db` gives a manager that knows its metadata, or whose tables are there. Nobody needs
    to have initialized it. The table must be empty; what a case writes is undone.
    """

    repository: ClassVar[type[Any] | None] = None
    async_repository: ClassVar[type[Any] | None] = None
    changes: ClassVar[Mapping[str, Any]] = {}
    upsert_on: ClassVar[tuple[str, ...]] = ()
    without: ClassVar[Mapping[str, str]] = {}
    parents: Sequence[Any] = ()

    def new(self, number: int) -> T:
        """Make an entity that isn't stored yet, another one for each number."""
        raise NotImplementedError(f"{type(self).__name__}.new(number) makes the entities: define it")

    def stored_first(self) -> Sequence[Any]:
        """Make the objects that entities refer to."""
        return ()

    @pytest.fixture
    def case(self, db: Any, request: pytest.FixtureRequest) -> Iterator[Case[T]]:
        """The repository on the manager's face, ready for one case."""
        needed: str = getattr(request.function, "needs", "")
        if needed in self.without:
            pytest.skip(f"without {needed}: {self.without[needed]}")
        with self.entered(db) as case:
            yield case

    @contextmanager
    def entered(self, db: DatabaseManager | AsyncDatabaseManager) -> Iterator[Case[T]]:
        """Give what one case needs, and undo what it does."""
        if isinstance(db, DatabaseManager):
            db.initialize()
            with rolled_back(db):
                yield Case(self, db, SyncCaller())
        else:
            with closing(AsyncCaller()) as caller, caller.entered(db), caller.entered(rolled_back(db)):
                yield Case(self, db, caller)


class Case(Generic[T]):
    """One case: its repository, called plainly on either face, and its entities."""

    def __init__(self, cases: Cases[T], db: DatabaseManager | AsyncDatabaseManager, caller: Caller) -> None:
        self._cases = cases
        self._caller = caller
        self._class = _repository_for(cases, db)
        self.db = db
        self.changes = dict(cases.changes)
        repository = self._class(db)
        self.model: type[T] = repository.model
        self.repository = Plain(repository, caller)
        cases.parents = tuple(cases.stored_first())
        with self.session() as session:
            session.add_all(cases.parents)
        assert self.repository.count() == 0, f"the table of {self.model.__name__} isn't empty"
        assert self.changes, f"{type(cases).__name__}.changes is empty: give values for an update"

    @property
    def key_names(self) -> tuple[str, ...]:
        """The fields of the primary key."""
        return fields_of(self.model).key

    @property
    def key_columns(self) -> list[Any]:
        """The attributes of the primary key."""
        return [getattr(self.model, name) for name in self.key_names]

    def new(self, number: int) -> T:
        """Make an entity that isn't stored yet."""
        return self._cases.new(number)

    def stored(self, count: int) -> list[T]:
        """Store so many entities; they come in the order of their keys."""
        for number in range(count):
            self.repository.create(self.new(number))
        found: list[T] = self.repository.find(order_by=self.key_columns)
        return found

    def key(self, entity: T) -> Any:
        """Give the key of an entity."""
        return key_of(entity)

    def keys(self, entities: Sequence[T]) -> list[Any]:
        """Give the keys of entities."""
        return [key_of(entity) for entity in entities]

    def by_key(self, entity: T) -> list[Any]:
        """Give the criteria that only this entity meets."""
        return [getattr(self.model, name) == getattr(entity, name) for name in self.key_names]

    def key_of_row(self, entity: T) -> dict[str, Any]:
        """Give the key as the fields of a row."""
        return {name: getattr(entity, name) for name in self.key_names}

    def absent_key(self) -> Any:
        """Give the key of no row: of one that was there."""
        entity = self.repository.create(self.new(90))
        assert self.repository.delete_where(*self.by_key(entity), **self.hard) == 1
        return key_of(entity)

    @property
    def hard(self) -> dict[str, bool]:
        """What a deletion takes to be one, where the class has soft deletion."""
        return {"hard": True} if hasattr(self.model, "deleted_at") else {}

    def values(self, entity: T) -> dict[str, Any]:
        """Give the columns that are loaded on an entity."""
        loaded = state_of(entity).dict
        return {name: loaded[name] for name in fields_of(self.model).columns if name in loaded}

    def read(self, entity: T) -> dict[str, Any]:
        """Read every column of an entity, those that are left to be loaded later apart."""
        deferred = {attribute.key for attribute in state_of(self.model).column_attrs if attribute.deferred}
        names = [name for name in fields_of(self.model).columns if name not in deferred]
        try:
            return {name: getattr(entity, name) for name in names}
        except DetachedInstanceError as error:
            pytest.fail(f"what came back can't be read: {error}")

    def given(self, number: int) -> dict[str, Any]:
        """Give the columns that `new` sets."""
        entity = self.new(number)
        names = [attribute.key for attribute in state_of(entity).mapper.column_attrs]
        return {name: state_of(entity).dict[name] for name in names if name in state_of(entity).dict}

    def with_key_of(self, other: T, number: int) -> T:
        """Make a new entity that has the key of a stored one."""
        entity = self.new(number)
        self.set_key(entity, key_of(other))
        return entity

    def has_key(self, entity: T) -> bool:
        """Tell whether a new entity has its key already."""
        return all(state_of(entity).dict.get(name) is not None for name in self.key_names)

    def set_key(self, entity: T, key: Any) -> None:
        """Give a new entity its key."""
        for name, value in zip(self.key_names, key if isinstance(key, tuple) else (key,), strict=True):
            setattr(entity, name, value)

    def session(self, **options: Any) -> AbstractContextManager[Any]:
        """Open a session on the manager, on its face."""
        return self._caller.entered(self.db.session(**options))

    def session_of_sqlalchemy(self) -> AbstractContextManager[Any]:
        """Open one of SQLAlchemy's own, which nothing joins."""
        return self._caller.entered(self.db.session_factory())

    def repository_on(self, source: Any) -> Plain:
        """Make another repository, on a session or another manager."""
        return Plain(self._class(source), self._caller)

    def run(self, value: Any) -> Any:
        """Give a value, awaited where it has to be."""
        return self._caller.run(value)


def _repository_for(cases: Cases[Any], db: Any) -> Any:
    name = "repository" if isinstance(db, DatabaseManager) else "async_repository"
    found = getattr(cases, name)
    assert found is not None, f"{type(cases).__name__}.{name} is needed for a {type(db).__name__}"
    return found
