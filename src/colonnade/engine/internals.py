"""The parts of SQLAlchemy on which the direct path stands and that are public by custom alone.

Each is asked for here and nowhere else, and held by a contract test of the same name. They are:

- the collections of an object's event listeners (`dispatch`), to find out that there are none;
- `ClassManager.new_instance`, what `InstanceState.__init__` sets, `InstanceState.key`, `load_options` and
  `load_path`, `_commit_all`: a mapped instance as a load leaves it;
- a statement's `_with_options`, a mapper's `_path_registry`: what a loaded object keeps of the statement;
- `_generate_cache_key` and `_compile_w_cache` of a statement: its compiled form, found by its shape; the
  `bind_names` of that form;
- the types' processors as a compiled statement holds them (`_bind_processors`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence, Sized
from typing import Any, Self, cast
from weakref import ref

from sqlalchemy import Column, ColumnDefault, Connection, Engine
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.instrumentation import ClassManager
from sqlalchemy.sql.compiler import WARN_LINTING, SQLCompiler
from sqlalchemy.util import LRUCache

CURSOR_EVENTS = ("before_execute", "after_execute", "before_cursor_execute", "after_cursor_execute")
"""What a call through Core fires, too."""

STATEMENT_EVENTS = ("before_execute", "after_execute")
"""What isn't fired by a statement that is sent as text."""

TRANSACTION_EVENTS = (
    "engine_connect",
    "set_connection_execution_options",
    "begin",
    "commit",
    "rollback",
)
EXECUTION_EVENTS = ("do_execute", "do_execute_no_params", "do_executemany", "do_setinputsizes")
POOL_EVENTS = ("checkout", "checkin", "reset")
SESSION_EVENTS = (
    "do_orm_execute",
    "after_transaction_create",
    "after_transaction_end",
    "before_commit",
    "after_commit",
    "before_flush",
    "after_flush",
    "after_flush_postexec",
    "after_begin",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_persistent",
    "detached_to_persistent",
    "loaded_as_persistent",
    "persistent_to_deleted",
    "deleted_to_detached",
    "persistent_to_detached",
    "after_bulk_update",
    "after_bulk_delete",
)
LOAD_EVENTS = ("load", "refresh")
FLUSH_EVENTS = ("refresh_flush", "expire")
WRITE_EVENTS = (
    "before_insert",
    "after_insert",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
)
SET_EVENTS = ("set", "modified")

_ANY_SESSION = Session()


class _EveryConnection:
    """Shows the listeners of the class Connection, none of which is at hand."""

    dispatch: Any = cast(Any, Connection.dispatch)._for_class(Connection)


Target = tuple[str, Any, Iterable[str]]
"""A kind of object, one with events, and the names of those that matter."""

Expected = Mapping[tuple[str, str], int]
"""How many listeners are ours, by the kind of object and the event's name."""


class Listeners:
    """The listeners of several objects: those that must be heard, and those that a Core call serves.

    It's asked at each call, so it looks at no event by name: it looks whether the collections in
    which listeners are kept have grown or shrunk, and closer when they have.
    """

    __slots__ = ("_empty", "_expected", "_filled", "_heard", "_hooks", "_total", "hooked", "silent")

    def __init__(
        self, heard: Iterable[Target], hooks: Iterable[Target] = (), expected: Callable[[], Expected] = dict
    ) -> None:
        self._heard = tuple(heard)
        self._hooks = tuple(hooks)
        self._expected = expected
        self.silent = False
        """Whether there is none that must be heard."""
        self.hooked = False
        """Whether there is a hook."""
        self._look()

    def refreshed(self) -> Self:
        """Look again, where anything was listened to since."""
        if any(self._empty) or sum(map(len, self._filled)) != self._total:
            self._look()
        return self

    def _look(self) -> None:
        found = [one for target in (*self._heard, *self._hooks) for one in _sizes(target)]
        collections = {id(one): one for one in found}.values()
        self._empty: tuple[Sized, ...] = tuple(one for one in collections if not one)
        self._filled: tuple[Sized, ...] = tuple(one for one in collections if one)
        self._total = sum(map(len, self._filled))
        expected = self._expected()
        self.silent = not any(_surplus(target, expected) for target in self._heard)
        self.hooked = any(_surplus(target, expected) for target in self._hooks)


def _sizes(target: Target) -> Iterator[Sized]:
    """Give the collections that a listener of these names comes into: its class's, and the object's own."""
    _, listened, names = target
    yield listened.dispatch.__dict__  # where one appears with the first listener of its name
    for name in names:
        # A name without listeners has a placeholder, in whose stead the first one would put another.
        listeners = getattr(listened.dispatch, name).for_modify(listened.dispatch)
        yield listeners.parent_listeners
        if not isinstance(listeners.listeners, tuple):
            yield listeners.listeners


def _surplus(target: Target, expected: Expected) -> bool:
    kind, listened, names = target
    return any(len(getattr(listened.dispatch, name)) > expected.get((kind, name), 0) for name in names)


def count_listeners(targets: Iterable[Target]) -> Counter[tuple[str, str]]:
    """Give how many listeners there are now, by the kind of object and the event's name."""
    return Counter(
        {
            (kind, name): len(getattr(listened.dispatch, name))
            for kind, listened, names in targets
            for name in names
        }
    )


def engine_targets(engine: Engine) -> list[Target]:
    """Give what must be heard of an engine: its transactions, its statements' execution, its pool."""
    return [
        ("engine", engine, TRANSACTION_EVENTS),
        ("dialect", engine.dialect, EXECUTION_EVENTS),
        ("pool", engine.pool, POOL_EVENTS),
        ("connection", _EveryConnection, TRANSACTION_EVENTS),
    ]


def hook_targets(engine: Engine) -> list[Target]:
    """Give where tracing listens: a call through Core serves it."""
    return [
        ("engine", engine, CURSOR_EVENTS),
        ("connection", _EveryConnection, CURSOR_EVENTS),
        ("dialect", engine.dialect, ("handle_error",)),
    ]


def session_target() -> Target:
    """Give what shows the listeners of every Session."""
    return "session", _ANY_SESSION, SESSION_EVENTS


def echoes(engine: Engine) -> Callable[[], bool]:
    """Give what tells whether the engine logs its statements."""
    return engine._should_log_info


def is_standard(mapper: Mapper[Any]) -> bool:
    """Tell whether instances of the class keep their state as SQLAlchemy's own instrumentation does."""
    manager = mapper.class_manager
    return type(manager) is ClassManager and mapper.class_.__dictoffset__ != 0


def instance_source(manager: ClassManager[Any]) -> tuple[Sequence[str], dict[str, Any]]:
    """Give lines of Python that make `instance`, `state` and `values` as a load does, and what they name.

    `__init__` isn't called; `values` is the `__dict__`. Where SQLAlchemy's states are as they're known here,
    one is made in place, which takes half the time.
    """
    class_ = manager.class_
    if getattr(class_, "__setattr__", None) is not object.__setattr__ or not _makes_known_states(manager):
        return _CALLED, {"new_instance": manager.new_instance}
    return _IN_PLACE, {
        "class_": class_,
        "manager": manager,
        "new": class_.__new__,
        "new_state": object.__new__,
        "State": InstanceState,
        "ref": ref,
    }


_HELD = {"class_", "manager", "obj", "committed_state", "expired_attributes"}
"""What a new state holds."""

_CALLED = (
    "instance = new_instance()",
    "values = instance.__dict__",
    "state = values['_sa_instance_state']",
)
_IN_PLACE = (
    "instance = new(class_)",
    "values = instance.__dict__",
    "values['_sa_instance_state'] = state = new_state(State)",
    "state.class_ = class_",
    "state.manager = manager",
    "state.obj = ref(instance, state._cleanup)",
    "state.committed_state = {}",
    "state.expired_attributes = set()",
)


def _makes_known_states(manager: ClassManager[Any]) -> bool:
    instance = manager.new_instance()
    state = instance.__dict__.get("_sa_instance_state")
    if type(state) is not InstanceState or len(instance.__dict__) != 1:
        return False
    held = {name for name in getattr(InstanceState, "__slots__", ()) if hasattr(state, name)} | vars(
        state
    ).keys()
    return held - {"__dict__", "__weakref__"} == _HELD


def carried_options(statement: Any) -> tuple[Any, ...]:
    """Give the options that a statement's objects keep, for what they load later."""
    return tuple(option for option in statement._with_options if option.propagate_to_loaders)


def path_of(mapper: Mapper[Any]) -> Any:
    """Give the path of the objects that a statement about this class gives."""
    return mapper._path_registry


def path_along(path: Any, related: Any) -> Any:
    """Give the path of the objects that are loaded for a relationship of those on this path."""
    return path[related][related.mapper]


def commit_all(state: InstanceState[Any]) -> None:
    """Make the present values those of the database, as a flush does at its end."""
    state._commit_all(state.dict)


def commit_many(states: Iterable[InstanceState[Any]]) -> None:
    """Do the same for many objects at once."""
    InstanceState._commit_all_states((state, state.dict) for state in states)


def register_new(session: Session, states: Sequence[InstanceState[Any]]) -> None:
    """Make new objects, whose keys are known now, the session's own, as a flush does that has inserted them.

    A rollback makes them new ones again.
    """
    for state in states:
        session._save_impl(state)
    session._register_persistent(set(states))


def has_changes(session: Session) -> bool:
    """Tell whether a flush would have anything to look at."""
    return not session._is_clean()


def heard(session: Session, connection: Connection) -> bool:
    """Tell whether somebody listens to this session itself, or to its connection's statements."""
    own = any(getattr(session.dispatch, name) for name in SESSION_EVENTS)
    return own or any(getattr(connection.dispatch, name) for name in STATEMENT_EVENTS)


def writes_plain_parameter(column: Column[Any], dialect: Dialect) -> bool:
    """Tell whether the column's type puts no SQL around a value that is sent."""
    return not column.type.dialect_impl(dialect)._has_bind_expression


def reads_plainly(column: Column[Any], dialect: Dialect) -> bool:
    """Tell whether the column's type puts no SQL around the column where it's selected."""
    return not column.type.dialect_impl(dialect)._has_column_expression


def insert_defaults(mapper: Mapper[Any], table: Any) -> Sequence[tuple[str, Any, Any]]:
    """Give attribute, column and value for what the mapping itself, not the column, gives a new row."""
    return mapper._insert_orm_defaults[table]


def columns_as_none(mapper: Mapper[Any], table: Any) -> frozenset[str]:
    """Give the keys of the columns that an INSERT sets to NULL where the object has no value."""
    keys: frozenset[Any] = mapper._insert_cols_as_none[table]
    return keys


def columns_evaluating_none(mapper: Mapper[Any], table: Any) -> frozenset[Any]:
    """Give the columns for which None is a value: JSON's null."""
    return frozenset(mapper._insert_cols_evaluating_none[table])


def counts_by_one(mapper: Mapper[Any]) -> bool:
    """Tell whether the class has no version counter, or one that SQLAlchemy itself raises by one."""
    generator: Any = mapper.version_id_generator
    if mapper.version_id_col is None:
        return True
    return callable(generator) and generator.__module__ == Mapper.__module__


def needs_no_context(default: Any) -> bool:
    """Tell whether a default's function was given without a parameter, or asks for the row's values alone."""
    return getattr(default, "__code__", None) in _WITHOUT_CONTEXT or hasattr(default, "colonnade_values_only")


_WITHOUT_CONTEXT = {ColumnDefault(one).arg.__code__ for one in (lambda: None, dict)}  # type: ignore[attr-defined]
"""The code of what SQLAlchemy puts around a function that takes no context; another one around `dict`,
which has no signature to look at."""


def bind_processors(compiled: SQLCompiler) -> Mapping[str, Callable[[Any], Any]]:
    """Give what converts the statement's values for the driver, by name."""
    processors: Any = compiled._bind_processors
    return processors  # type: ignore[no-any-return]


def compiled_cache(size: int) -> MutableMapping[Any, Any]:
    """Give a place for compiled statements that keeps those in use."""
    return LRUCache(size)


def compiled_with(
    statement: Any, dialect: Dialect, cache: MutableMapping[Any, Any]
) -> tuple[SQLCompiler, Mapping[str, Any]]:
    """Give the statement's compiled form, one for all of its shape, and this statement's own values."""
    compiled, extracted, collected, _ = statement._compile_w_cache(
        dialect, compiled_cache=cache, column_keys=[], linting=dialect.compiler_linting | WARN_LINTING
    )
    values = compiled.construct_params(
        extracted_parameters=extracted, escape_names=False, _collected_params=collected
    )
    return compiled, values


def shape_of(criteria: Iterable[Any]) -> tuple[tuple[Any, ...], list[Any]] | None:
    """Give what criteria have in common that differ in values alone, and their parameters in order.

    None for criteria that can't be told apart so.
    """
    shape, parameters = [], []
    for one in criteria:
        key = one._generate_cache_key()
        if key is None:
            return None
        shape.append(key.key)
        parameters.extend(key.bindparams)
    return tuple(shape), parameters


def names_of(statement: Any, engine: Engine, parameters: Iterable[Any]) -> tuple[str, ...] | None:
    """Give the names under which these parameters stand in the compiled statement.

    None where one doesn't, or is written into the text at each execution.
    """
    compiled = statement.compile(engine)
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    known = {parameter.key: name for parameter, name in compiled.bind_names.items()}
    names = tuple(known.get(parameter.key, "") for parameter in parameters)
    return names if all(names) and len(set(names)) == len(names) else None


def driver_parameters(compiled: SQLCompiler, values: Mapping[str, Any]) -> tuple[str, Any]:
    """Give the statement as the driver has it, and its parameters, converted by their types."""
    text: str = compiled.string
    order: Sequence[str] | None = compiled.positiontup
    processors: Any = compiled._bind_processors
    if compiled.literal_execute_params or compiled.post_compile_params:
        expanded = compiled._process_parameters_for_postcompile(dict(values))
        text, order, values = expanded.statement, expanded.positiontup, expanded.parameters
        processors = {**processors, **expanded.processors}
    if compiled.positional:
        return text, tuple(
            processors[name](values[name]) if name in processors else values[name] for name in order or ()
        )
    escaped = compiled.escaped_bind_names
    return text, {
        escaped.get(name, name): processors[name](value) if name in processors else value
        for name, value in values.items()
    }
