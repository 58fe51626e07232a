"""What every operation's body stands on: its model, its session, and the unit of work around a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload

from sqlalchemy import Executable, Result, ScalarResult
from sqlalchemy import inspect as state_of
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm import class_mapper as mapper_of
from sqlalchemy.sql.selectable import TypedReturnsRows

from colonnade.engine.manager import DatabaseManager
from colonnade.engine.session import innermost_frame
from colonnade.engine.translate import remember, translate_orm
from colonnade.errors import ConfigurationError, DatabaseError, TransactionError
from colonnade.repository.binding import Binding, Manager, is_model, model_argument
from colonnade.repository.direct import DirectTable
from colonnade.repository.effects import hands_over, only_reads
from colonnade.repository.hydrate import name_missing_loads
from colonnade.repository.operation import NOT_DIRECT, Operation

_ALONE = "colonnade.alone"
"""Under this name a session's `info` holds the operation that it was opened for."""

T = TypeVar("T")
X = TypeVar("X")


class UnitOfWork(Generic[T]):
    """Runs each operation in the session it belongs to, and translates its errors.

    A repository uses the session it was given; else the one that is open on its manager
    in this thread or task; else the call is a transaction of its own.
    """

    _binding: Binding
    model: type[T]

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "model" not in cls.__dict__:
            for base in getattr(cls, "__orig_bases__", ()):
                argument = model_argument(base, UnitOfWork)
                if is_model(argument):
                    cls.model = argument
                    break

    def __getattr__(self, name: str) -> Any:
        # `BaseRepository[Clip](db)`: typing notes the alias on the instance, once it is made.
        if name == "model":
            argument = model_argument(self.__dict__.get("__orig_class__", type(self)), UnitOfWork)
            if is_model(argument):
                self.__dict__["model"] = argument
                return argument
            raise ConfigurationError(
                f"{type(self).__name__} doesn't know its model",
                remedy="derive from BaseRepository[Model], call BaseRepository[Model](db), or set `model`",
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def db_session(self) -> Session:
        """The synchronous Session of this call, or of the open session around it.

        Raises:
            TransactionError: outside a call, when no session is open.
        """
        return self._binding.session()

    @property
    def db(self) -> DatabaseManager:
        """The manager, for bodies: `with self.db.session():` makes a savepoint on both faces.

        Raises:
            TransactionError: on a repository that was given a session.
        """
        manager: Any = self._binding.manager
        if manager is None:
            raise TransactionError(
                "this repository was given a session and has no manager",
                remedy="use `self.db_session.begin_nested()`",
            )
        return manager  # type: ignore[no-any-return]

    @overload
    def scalars(
        self, statement: TypedReturnsRows[X], params: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> ScalarResult[X]: ...
    @overload
    def scalars(
        self, statement: Executable, params: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> ScalarResult[Any]: ...
    def scalars(self, statement: Any, params: Any = None) -> Any:
        """Execute a statement in this call's session and give the first column of each row."""
        return self.db_session.scalars(statement, params)

    def execute(
        self, statement: Executable, params: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> Result[Any]:
        """Execute a statement in this call's session."""
        return self.db_session.execute(statement, params)

    @property
    def _mapper(self) -> Mapper[T]:
        return mapper_of(self.model)

    def _operate(self, operation: Operation[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        prepare(self.model)
        manager = self._binding.manager
        if manager is None:
            return self._run(operation, args, kwargs)
        frame = self._binding.frame()
        if frame is not None:
            frame.check()
            return self._run(operation, args, kwargs)
        if kwargs.get("for_update") and operation.read:
            raise TransactionError(
                "for_update was asked for outside a session, where it would lock nothing",
                remedy="put the call inside `with db.session():`",
            )
        if not operation.session or hands_over(operation, type(self)):
            return self._run(operation, args, kwargs)
        if not operation.read:
            return self._alone(manager, operation, args, kwargs)
        return manager.tried_again(lambda: self._alone(manager, operation, args, kwargs))

    def _direct_table(self) -> DirectTable[T] | None:
        """Give the direct path to the model's table; None where this call has to take the Session."""
        home = self._binding.direct_home
        if home is None or not home.direct or home.pinned is not None:
            return None
        if innermost_frame() is not None and self._binding.frame() is not None:
            return None
        tables = home.tables  # another dict takes its place when the pool is disposed of
        table: DirectTable[T] | None = tables.get(self.model)
        if table is None:
            prepare(self.model)
            table = tables[self.model] = DirectTable(home, self._mapper)
        return table if table.plain else None

    def _directly_again(
        self,
        operation: Operation[Any, Any],
        table: DirectTable[T],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        error: DatabaseError,
    ) -> Any:
        """Give what a read alone returns after its first try has failed; in a greenlet on the other face."""

        def once() -> Any:
            return table.driver.run(operation.direct(self, table, *args, **kwargs))  # type: ignore[misc]

        answer = self.db.once_more(error, once)
        return self._operate(operation, args, kwargs) if answer is NOT_DIRECT else answer

    def _reading(self, read: Callable[[DirectTable[T] | None], Any]) -> Any:
        """Give what is read: in the open session, by the direct path, or in a session of its own.

        `read` is called with the table's direct path, whose answer may be `NOT_DIRECT`; with
        None it reads in the session that is open then.
        """
        manager = self._binding.manager
        if manager is None or self._binding.frame() is not None:
            return read(None)
        table = self._direct_table()
        if table is not None:
            answer = manager.tried_again(lambda: read(table))
            if answer is not NOT_DIRECT:
                return answer
        return manager.tried_again(lambda: self._read_alone(manager, read))

    def _read_alone(self, manager: Manager, read: Callable[[None], Any]) -> Any:
        with manager.alone(reads=True):
            return read(None)

    def _alone(
        self, manager: Manager, operation: Operation[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        with manager.alone(reads=only_reads(operation, type(self))) as session:
            session.info[_ALONE] = operation
            return self._run(operation, args, kwargs)

    def _alone_call(self, session: Session) -> Operation[Any, Any] | None:
        """Give the operation that the session was opened for, if it was for one."""
        return session.info.get(_ALONE)

    def _run(self, operation: Operation[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return operation.function(self, *args, **kwargs)
        except SQLAlchemyError as error:
            if isinstance(error, DatabaseError):
                raise
            raise translate_orm(error, self._binding.present()) from error


_prepared: set[type] = set()


def prepare(model: type) -> None:
    """Make a model's registry known to the errors, and its unloaded attributes speak; once per class.

    Raises:
        ConfigurationError: for a class that isn't mapped.
    """
    if model not in _prepared:
        if not isinstance(state_of(model, raiseerr=False), Mapper):
            raise ConfigurationError(f"{model.__name__} is no mapped class, as a repository's model is")
        remember(model)
        name_missing_loads(model)
        _prepared.add(model)
