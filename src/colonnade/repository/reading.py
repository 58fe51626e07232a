"""The operations that only read: by key, by criteria, by offset and by keyset."""

from __future__ import annotations

import builtins
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.util.concurrency import in_greenlet

from colonnade.dialects.contract import known_dialect
from colonnade.errors import EntityNotFoundError, MultipleEntitiesError
from colonnade.models.mixins import SoftDeleteMixin
from colonnade.repository.direct import DirectTable
from colonnade.repository.filters import filter_criteria
from colonnade.repository.keys import key_criteria, key_of, many_keys_criteria, normal_key
from colonnade.repository.operation import NOT_DIRECT, NotDirect, operation, streaming
from colonnade.repository.order import OrderBy, order_clauses, ordering
from colonnade.repository.page import Page, make_page, page_request, page_statement
from colonnade.repository.query import check_page_limit, check_window, criteria, load_options, sparse_option
from colonnade.repository.reread import expire_rows
from colonnade.repository.softdelete import soft_delete_options, with_options_of
from colonnade.repository.stream import Streams

T = TypeVar("T")

Load = Any
"""A relationship or deferred column, its name, a dotted path, a loader option, or several of these."""

Criterion = ColumnElement[bool]

Sparse = str | Iterable[Any] | None
"""The only columns to load, "id,title" or names or attributes; None for all that are loaded usually."""


def _get_directly(
    self: ReadOperations[T],
    table: DirectTable[T],
    id: Any,
    *,
    load: Load = (),
    for_update: bool = False,
    skip_locked: bool = False,
    include_deleted: bool = False,
) -> Any:
    """Do what `get` does, past the Session."""
    if for_update:
        return NOT_DIRECT
    if type(load) is not tuple or load or (include_deleted and table.instances.usual is not None):
        return self._get_with_related(table, id, load, include_deleted)
    return table.get(table.key(id), include_deleted)


def _page_directly(
    self: ReadOperations[T],
    table: DirectTable[T],
    *criteria: Criterion,
    order_by: OrderBy = (),
    limit: int = 100,
    cursor: str | None = None,
    load: Load = (),
    include_deleted: bool = False,
) -> Any:
    """Do what `page` does, past the Session."""
    conditions = self._conditions(criteria) if criteria else ()
    request = page_request(self.model, order_by, limit=limit, cursor=cursor, known=table.pages.orders)
    if not _given(load):
        return table.pages.page(request, conditions, include_deleted)
    if not self._is_where_it_waits(table):
        return NOT_DIRECT
    options = load_options(self.model, load)
    return table.pages.page_with_related(request, conditions, include_deleted, load, options)


class ReadOperations(Streams[T]):
    """Reading entities of one class."""

    @operation(read=True, direct=_get_directly)
    def get(
        self,
        id: Any,
        *,
        load: Load = (),
        for_update: bool = False,
        skip_locked: bool = False,
        include_deleted: bool = False,
    ) -> T | None:
        """Give the entity with this key, or None.

        A composite key is a tuple in the mapper's order, or a mapping of names to values.

        Raises:
            EntityValidationError: for what isn't a key of this class.
            TransactionError: for `for_update` outside a session, where it would lock nothing.
        """
        key = normal_key(self.model, id)
        if not _given(load) and not for_update and not include_deleted and not self._soft_deletes:
            return self.db_session.get(self.model, key, options=soft_delete_options(self.model))
        statement = self._select(include_deleted).options(*load_options(self.model, load))
        statement = statement.where(*key_criteria(self.model, id))
        if for_update:
            statement = self._locking(statement, [key], skip_locked)
        return self.scalars(statement).unique().one_or_none()

    @operation(read=True, session=False)
    def get_one(
        self,
        id: Any,
        *,
        load: Load = (),
        for_update: bool = False,
        skip_locked: bool = False,
        include_deleted: bool = False,
    ) -> T:
        """Give the entity with this key.

        Raises:
            EntityNotFoundError: when there is none.
            EntityValidationError: for what isn't a key of this class.
        """
        entity = self.get(
            id,
            load=load,
            for_update=for_update,
            skip_locked=skip_locked,
            include_deleted=include_deleted,
        )
        return entity if entity is not None else self._not_found(id)

    @operation(read=True, session=False)
    def get_many(
        self, ids: Iterable[Any], *, load: Load = (), include_deleted: bool = False
    ) -> builtins.list[T]:
        """Give the entities with these keys, in the order asked; keys that have none are left out.

        Raises:
            EntityValidationError: for what isn't a key of this class.
        """
        keys = [normal_key(self.model, id) for id in ids]
        statement = self._select(include_deleted)
        criteria = many_keys_criteria(self.model, keys)
        entities = self._entities([statement.where(criterion) for criterion in criteria], load)
        found = {key_of(entity): entity for entity in entities}
        return [found[key] for key in keys if key in found]

    @operation(read=True, session=False)
    def list(
        self,
        skip: int = 0,
        limit: int = 100,
        *,
        order_by: OrderBy = (),
        load: Load = (),
        include_deleted: bool = False,
    ) -> builtins.list[T]:
        """Give entities by offset, ordered by primary key unless told otherwise; `limit=0` gives none.

        Raises:
            EntityValidationError: when `skip` or `limit` is below 0.
        """
        return self.find(
            order_by=order_by if _given(order_by) else self._by_key(),
            skip=skip,
            limit=limit,
            load=load,
            include_deleted=include_deleted,
        )

    @operation(read=True)
    def list_and_count(
        self,
        skip: int = 0,
        limit: int = 100,
        *criteria: Criterion,
        filters: Mapping[str, Any] | None = None,
        order_by: OrderBy = (),
        load: Load = (),
        include_deleted: bool = False,
    ) -> tuple[builtins.list[T], int]:
        """Give entities by offset, and how many there are in all; both in one transaction."""
        entities = self.find(
            *criteria,
            filters=filters,
            order_by=order_by if _given(order_by) else self._by_key(),
            skip=skip,
            limit=limit,
            load=load,
            include_deleted=include_deleted,
        )
        return entities, self.count(*criteria, filters=filters, include_deleted=include_deleted)

    @operation(read=True, session=False)
    def find(
        self,
        *criteria: Criterion,
        filters: Mapping[str, Any] | None = None,
        order_by: OrderBy = (),
        skip: int = 0,
        limit: int | None = None,
        load: Load = (),
        fields: Sparse = None,
        for_update: bool = False,
        skip_locked: bool = False,
        include_deleted: bool = False,
    ) -> builtins.list[T]:
        """Give the entities that meet all criteria, in no order unless told; a range is by primary key.

        `order_by` takes columns, `"name"`, `"-name"` for descending, or `"-created_at,title"`;
        NULLs sort lowest on every database. `filters` maps names to values, as in
        `{"title__icontains": "fox", "user.username": "ana"}`. `load` takes relationships or their
        names; `fields` loads these columns alone, and the key.

        Raises:
            EntityValidationError: for unknown names, criteria that are no SQL, a negative range.
            TransactionError: for `for_update` outside a session.
        """
        check_window(skip, limit)
        if limit == 0:
            return []
        if not _given(order_by) and (skip or limit is not None):
            order_by = self._by_key()
        statement = self._select(include_deleted).where(*self._conditions(criteria, filters))
        if _given(order_by):
            statement = statement.order_by(*self._order(order_by))
        if skip:
            statement = statement.offset(skip)
        if limit is not None:
            statement = statement.limit(limit)
        if fields is not None:
            load = (*load_options(self.model, load), sparse_option(self.model, fields))
        return self._entities([self._locked(statement, for_update, skip_locked)], load)

    @operation(read=True, session=False)
    def first(
        self,
        *criteria: Criterion,
        filters: Mapping[str, Any] | None = None,
        order_by: OrderBy = (),
        load: Load = (),
        for_update: bool = False,
        skip_locked: bool = False,
        include_deleted: bool = False,
    ) -> T | None:
        """Give the first entity that meets all criteria, by primary key unless told otherwise, or None."""
        found = self.find(
            *criteria,
            filters=filters,
            order_by=order_by,
            limit=1,
            load=load,
            for_update=for_update,
            skip_locked=skip_locked,
            include_deleted=include_deleted,
        )
        return found[0] if found else None

    @operation(read=True, session=False)
    def one(
        self,
        *criteria: Criterion,
        filters: Mapping[str, Any] | None = None,
        load: Load = (),
        for_update: bool = False,
        skip_locked: bool = False,
        include_deleted: bool = False,
    ) -> T:
        """Give the only entity that meets all criteria.

        Raises:
            EntityNotFoundError: when there is none.
            MultipleEntitiesError: when there are several.
        """
        found = self.find(
            *criteria,
            filters=filters,
            limit=2,
            load=load,
            for_update=for_update,
            skip_locked=skip_locked,
            include_deleted=include_deleted,
        )
        if len(found) > 1:
            raise MultipleEntitiesError(
                f"several rows of {self.model.__name__} meet the criteria, and one was asked for",
                entity=self.model.__name__,
            )
        if not found:
            raise EntityNotFoundError(
                f"no {self.model.__name__} meets the criteria", entity=self.model.__name__
            )
        return found[0]

    @operation(read=True, session=False)
    def exists(
        self,
        *criteria: Criterion,
        filters: Mapping[str, Any] | None = None,
        include_deleted: bool = False,
    ) -> bool:
        """Tell whether any entity meets all criteria."""
        matching = self._select(include_deleted).where(*self._conditions(criteria, filters))
        one = matching.with_only_columns(literal(1), maintain_column_froms=True).limit(1)
        return self._value(one) is not None

    @operation(read=True, session=False)
    def count(
        self,
        *criteria: Criterion,
        filters: Mapping[str, Any] | None = None,
        include_deleted: bool = False,
    ) -> int:
        """Count the entities that meet all criteria."""
        matching = self._select(include_deleted).where(*self._conditions(criteria, filters))
        return int(self._value(matching.with_only_columns(func.count(), maintain_column_froms=True)))

    @operation(read=True, direct=_page_directly)
    def page(
        self,
        *criteria: Criterion,
        filters: Mapping[str, Any] | None = None,
        order_by: OrderBy = (),
        limit: int = 100,
        cursor: str | None = None,
        load: Load = (),
        include_deleted: bool = False,
    ) -> Page[T]:
        """Give a page by keyset: the rows after (or before) the cursor, however deep, at the same cost.

        Pass `next_cursor` or `previous_cursor` of a page with the same order to go on from it.
        A row that is there throughout comes exactly once, whatever is inserted or deleted
        meanwhile. The primary key is added to the order.

        Raises:
            EntityValidationError: for a cursor that wasn't made for this model and order.
        """
        request = page_request(self.model, order_by, limit=limit, cursor=cursor)
        statement = self._select(include_deleted, load).where(*self._conditions(criteria, filters))
        statement = page_statement(statement, request, nulls_lowest=self._nulls_sort_lowest)
        return make_page(request, self.execute(statement).unique().all())

    @streaming
    def stream(
        self,
        *criteria: Criterion,
        filters: Mapping[str, Any] | None = None,
        batch: int = 1000,
        order_by: OrderBy = (),
        load: Load = (),
        include_deleted: bool = False,
    ) -> Generator[Sequence[T], None, None]:
        """Iterate over the entities that meet all criteria, in constant memory, `batch` rows at a time.

        Outside a session it holds a connection and a read transaction of its own until it is
        exhausted or left. Entities are detached as they come, unless a session is open.
        On MySQL, whose connection serves one statement at a time, all keys are read at once in a
        session, or with `load`, and then the rows batch by batch.
        """
        check_page_limit(batch, "batch")
        statement = self._select(include_deleted, load).where(*self._conditions(criteria, filters))
        if _given(order_by):
            statement = statement.order_by(*self._order(order_by))
        yield from self._stream(statement, batch, loads=_given(load))

    def _entities(self, statements: Sequence[Select[T]], load: Load = ()) -> builtins.list[T]:
        """Give the entities that the statements find, each once; several are read in one transaction."""
        options = load_options(self.model, load) if _given(load) else ()

        def read(table: DirectTable[T] | None) -> Any:
            if table is None:
                loading = [statement.options(*options) for statement in statements] if options else statements
                return [one for statement in loading for one in self.scalars(statement).unique()]
            if not statements:
                return []
            return NOT_DIRECT if len(statements) > 1 else table.reading.entities(statements[0], load, options)

        found: builtins.list[T] = self._reading(read)
        return found

    def _get_with_related(self, table: DirectTable[T], id: Any, load: Load, include_deleted: bool) -> Any:
        if not self._is_where_it_waits(table):
            return NOT_DIRECT
        options = load_options(self.model, load)
        statement = self._select(include_deleted).where(*key_criteria(self.model, id))
        found = table.reading.entities(statement, load, options)
        return found if isinstance(found, NotDirect) else next(iter(found), None)

    def _is_where_it_waits(self, table: DirectTable[T]) -> bool:
        """Tell whether the driver can be waited for here: on the asynchronous face inside a greenlet."""
        return in_greenlet() is (table.home.face == "async")

    def _value(self, statement: Select[Any]) -> Any:
        """Give the first value that the statement finds, or None."""
        return self._reading(
            lambda table: self.scalars(statement).first() if table is None else table.scalar(statement)
        )

    def _order(self, order_by: OrderBy) -> tuple[ColumnElement[Any], ...]:
        orders = ordering(self.model, order_by)
        lowest = any(order.nullable for order in orders) and self._nulls_sort_lowest
        return order_clauses(orders, nulls_lowest=lowest)

    @property
    def _nulls_sort_lowest(self) -> bool:
        home = self._binding.home
        if home is not None:
            return home.dialect.types.NULLS_SORT_LOWEST
        known = known_dialect(self.db_session.get_bind(self._mapper).dialect.name)
        return known is not None and known.types.NULLS_SORT_LOWEST

    @property
    def _soft_deletes(self) -> bool:
        return issubclass(self.model, SoftDeleteMixin)

    def _select(self, include_deleted: bool, load: Load = ()) -> Select[T]:
        statement = select(self.model).options(*load_options(self.model, load))
        return with_options_of(statement, self.model, include_deleted)

    def _conditions(
        self, given: Iterable[Any], filters: Mapping[str, Any] | None = None
    ) -> tuple[ColumnElement[bool], ...]:
        conditions = criteria(self.model, given)
        return conditions if filters is None else (*conditions, *filter_criteria(self.model, filters))

    def _locked(self, statement: Select[T], for_update: bool, skip_locked: bool) -> Select[T]:
        if not for_update:
            return statement
        locked = statement.with_for_update(of=self.model, skip_locked=skip_locked)
        return locked.execution_options(populate_existing=True)

    def _locking(self, statement: Select[T], keys: Iterable[Any], skip_locked: bool = False) -> Select[T]:
        """Give the statement that locks the rows with these keys, and reads them anew."""
        held = expire_rows(self.db_session, self.model, keys)
        return statement.options(*held).with_for_update(of=self.model, skip_locked=skip_locked)

    def _by_key(self) -> tuple[Any, ...]:
        return tuple(self._mapper.primary_key)

    def _not_found(self, id: Any) -> NoReturn:
        raise EntityNotFoundError(
            f"there is no {self.model.__name__} with the key {id!r:.100}", entity=self.model.__name__
        )


def _given(order_by: OrderBy) -> bool:
    """Tell whether an order was asked for; an expression has no truth value of its own."""
    return not (isinstance(order_by, str | tuple | builtins.list) and not order_by) and order_by is not None
