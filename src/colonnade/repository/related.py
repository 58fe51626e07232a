"""Loading relationships past the Session: one statement for each, over all objects that were read.

Served are relationships between plainly read classes by one pair of equal columns, of which one is a whole
primary key, each class met once. All others, and options that are no bare names, are left to the Session.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import BinaryExpression, Column, bindparam, select
from sqlalchemy.orm import Mapper, QueryableAttribute, RelationshipProperty
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import MANYTOONE, ONETOMANY, LoaderOption
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler

from colonnade.engine import internals
from colonnade.engine.direct import Driver, Sent
from colonnade.repository.instances import Carried
from colonnade.repository.keys import PARAMETERS_PER_STATEMENT
from colonnade.repository.softdelete import EvenDeleted, is_soft_deleting

if TYPE_CHECKING:
    from colonnade.repository.direct import DirectTable

KEYS = "colonnade_keys"
"""The parameter that holds the keys by which related rows are looked for."""

_LAZY = ("select", True, "raise", "raise_on_sql")

Tree = dict[str, "Tree"]


def plan_of(table: DirectTable[Any], load: Any) -> tuple[Related, ...] | None:
    """Give what loads these relationships of the table's class; None where the Session must.

    `load` was checked before: every name in it is one of the class.
    """
    tree: Tree = {}
    for one in (load,) if isinstance(load, (str, QueryableAttribute, LoaderOption)) else load:
        path = _path(table.mapper, one)
        if path is None:
            return None
        branch = tree
        for name in path:
            branch = branch.setdefault(name, {})
    return _planned(table, tree, {table.mapper})


class Related:
    """One relationship, and those to be loaded with its objects."""

    def __init__(
        self,
        prop: RelationshipProperty[Any],
        target: DirectTable[Any],
        local: Column[Any],
        remote: Column[Any],
        below: tuple[Related, ...],
    ) -> None:
        self._prop = prop
        self._target = target
        self._local = prop.parent.get_property_by_column(local).key
        self._remote = prop.mapper.get_property_by_column(remote).key
        self._kind = local.type
        self._below = below
        self._statements: dict[bool, tuple[Sent, SQLCompiler]] = {}

    def is_direct(self) -> bool:
        """Tell whether nobody listens now who must hear of what is loaded."""
        return self._target.way() == "direct" and all(one.is_direct() for one in self._below)

    def load(self, driver: Driver, owners: Sequence[Any], carried: Carried) -> bool:
        """Load it for these objects; false where the Session knows better what to make of the rows."""
        local = self._local
        keys = list(dict.fromkeys(owner.__dict__[local] for owner in owners))
        carried = Carried(carried.options, internals.path_along(carried.path, self._prop))
        found = self._found(driver, [key for key in keys if key is not None], carried)
        if found is None or not self._set(owners, found):
            return False
        return not found or all(one.load(driver, found, carried) for one in self._below)

    def _found(self, driver: Driver, keys: Sequence[Any], carried: Carried) -> list[Any] | None:
        alive = not any(isinstance(option, EvenDeleted) for option in carried.options)
        if alive not in self._statements:
            self._statements[alive] = self._compiled(alive)
        sent, compiled = self._statements[alive]
        found: list[Any] = []
        for start in range(0, len(keys), PARAMETERS_PER_STATEMENT):
            values = {**compiled.params, KEYS: keys[start : start + PARAMETERS_PER_STATEMENT]}
            text, parameters = internals.driver_parameters(compiled, values)
            some = self._target.reading.rows(driver, Sent(text, sent.table, sent.entity), parameters, carried)
            if some is None:
                return None
            found += some
        return found

    def _compiled(self, alive: bool) -> tuple[Sent, SQLCompiler]:
        target = self._target
        attribute = getattr(target.mapper.class_, self._remote)
        among = target.home.dialect.reads.among(attribute, self._kind, KEYS)
        if among is None:
            among = attribute.in_(bindparam(KEYS, expanding=True))
        statement = select(*target.columns).where(among)
        if alive and is_soft_deleting(target.mapper):
            statement = statement.where(target.mapper.class_.deleted_at.is_(None))
        if self._prop.order_by:
            statement = statement.order_by(*self._prop.order_by)
        compiled: Any = statement.compile(target.engine)
        table: Any = target.mapper.local_table
        return Sent(compiled.string, table, target.mapper.class_.__name__), compiled

    def _set(self, owners: Sequence[Any], found: Sequence[Any]) -> bool:
        name, local, remote = self._prop.key, self._local, self._remote
        groups: dict[Any, list[Any]] = {}
        for one in found:
            groups.setdefault(one.__dict__[remote], []).append(one)
        if self._prop.uselist:
            for owner in owners:
                set_committed_value(owner, name, groups.get(owner.__dict__[local], ()))
            return True
        if any(len(group) > 1 for group in groups.values()):
            return False  # it warns
        for owner in owners:
            group = groups.get(owner.__dict__[local])
            set_committed_value(owner, name, group[0] if group else None)
        return True


def _path(mapper: Mapper[Any], load: Any) -> list[str] | None:
    """Give the names of one thing to load; None for what isn't just names of relationships."""
    if isinstance(load, str):
        return load.split(".")
    # An attribute that was narrowed by of_type() or and_() is another one.
    name = getattr(load, "key", None)
    if isinstance(load, QueryableAttribute) and name and load is getattr(mapper.class_, name, None):
        return [name]
    return None


def _planned(table: DirectTable[Any], tree: Tree, met: set[Mapper[Any]]) -> tuple[Related, ...] | None:
    planned = []
    for name, branch in tree.items():
        related = _related(table, name, branch, met)
        if related is None:
            return None
        planned.append(related)
    return tuple(planned)


def _related(table: DirectTable[Any], name: str, branch: Tree, met: set[Mapper[Any]]) -> Related | None:
    prop: Any = table.mapper.relationships.get(name)
    # An object that is met a second time is the same one in a Session, which keeps what it had.
    if prop is None or not _is_plain(prop) or prop.mapper in met:
        return None
    met.add(prop.mapper)
    target = table.beside(prop.mapper)
    ((local, remote),) = prop.local_remote_pairs
    if not target.plain or not _is_loaded(table, local) or not _is_loaded(target, remote):
        return None
    whole = prop.mapper.primary_key if prop.direction is MANYTOONE else prop.parent.primary_key
    if tuple(whole) != (remote if prop.direction is MANYTOONE else local,):
        return None
    below = _planned(target, branch, met)
    return None if below is None else Related(prop, target, local, remote, below)


def _is_plain(prop: Any) -> bool:
    return (
        prop.lazy in _LAZY
        and prop.secondary is None
        and not prop.viewonly
        and prop.direction in (MANYTOONE, ONETOMANY)
        and not (prop.uselist and prop.direction is MANYTOONE)
        and prop.entity is prop.mapper
        and prop.mapper.registry is prop.parent.registry
        and len(prop.local_remote_pairs) == 1
        and _is_equality(prop.primaryjoin)
    )


def _is_equality(join: Any) -> bool:
    return (
        isinstance(join, BinaryExpression)
        and join.operator is operators.eq
        and isinstance(join.left, Column)
        and isinstance(join.right, Column)
    )


def _is_loaded(table: DirectTable[Any], column: Any) -> bool:
    return any(prop.columns[0] is column for prop in _loaded(table))


def _loaded(table: DirectTable[Any]) -> Iterator[Any]:
    if table.plain:
        names: Iterable[str] = table.instances.names
        yield from (table.mapper.column_attrs[name] for name in names)
