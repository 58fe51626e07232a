"""The parts of SQLAlchemy on which the direct path stands and that are public by custom alone.

Each is asked for here and nowhere else, and held by a contract test of the same name; what tells of listeners
stands in `listening`. They are:

- `ClassManager.new_instance`, what `InstanceState.__init__` sets, `InstanceState.key`, `load_options` and
  `load_path`, `_commit_all_states`: a mapped instance as a load leaves it;
- a statement's `_with_options`, a mapper's `_path_registry`: what a loaded object keeps of the statement;
- `_generate_cache_key` and `_compile_w_cache` of a statement: its compiled form, found by its shape; the
  `bind_names` of that form;
- the types' processors as a compiled statement holds them (`_bind_processors`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any
from weakref import ref

from sqlalchemy import Column, ColumnDefault, Engine
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.instrumentation import ClassManager
from sqlalchemy.sql.compiler import WARN_LINTING, SQLCompiler
from sqlalchemy.util import LRUCache


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


def commit_all(state: InstanceState[Any], values: dict[str, Any]) -> None:
    """Make the present values, the object's `__dict__`, those of the database, as a flush does at its end."""
    InstanceState._commit_all_states(((state, values),))


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
