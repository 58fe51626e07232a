"""The operations that write many entities, all of them in one transaction."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, delete, update

from colonnade.engine import internals, listening
from colonnade.engine.translate import REFUSALS, translated, unlogged
from colonnade.errors import EntityValidationError, StatementError
from colonnade.models.fields import fields_of
from colonnade.models.validation import checked_updates
from colonnade.repository.completion import complete
from colonnade.repository.direct import DirectTable
from colonnade.repository.keys import key_of, key_values, many_keys_criteria, normal_key, split_row
from colonnade.repository.operation import operation
from colonnade.repository.plainly import deletes_plainly
from colonnade.repository.races import RaceOperations
from colonnade.repository.reading import Criterion
from colonnade.repository.reread import reread_class

T = TypeVar("T")
R = TypeVar("R")


class BulkOperations(RaceOperations[T]):
    """Creating, changing and deleting many entities at once."""

    @operation
    def create_many(self, entities: Iterable[T]) -> builtins.list[T]:
        """Insert the entities, with generated keys and defaults on the objects that were passed in.

        Raises:
            EntityValidationError: for an object of another class, or one that is stored already.
            ConstraintError: when the database refuses one; none is stored.
        """
        new = list(entities)
        if not self._created_at_once(new):
            for entity in new:
                self._refuse_stored(entity)
            self._store(new)
        return new

    @operation
    def update_many(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Set fields of many rows, each a mapping with the primary key and new values; gives how many.

        Raises:
            EntityNotFoundError: when one of them isn't there; none is changed.
            EntityValidationError: for an unknown field, or a row without its key.
        """
        rows = list(rows)
        if self._updated_at_once(rows):
            return len(rows)
        changes = [split_row(self.model, row) for row in rows]
        found = self._locked_by_key(key for key, _ in changes)
        for key, values in changes:
            if key not in found:
                self._not_found(key)
            self._set(found[key], values)
        self.db_session.flush()
        complete(self.db_session, found.values())
        return len(changes)

    @operation
    def update_where(self, values: Mapping[str, Any], *criteria: Criterion) -> int:
        """Set fields of all rows that meet the criteria, in one statement; gives how many rows there were.

        Raises:
            EntityValidationError: for an unknown field, or criteria that are no SQL.
        """
        checked = checked_updates(self.model, values)
        if not checked:
            return 0
        return self._update_where(checked, criteria)

    @operation
    def upsert_many(self, entities: Iterable[T], on: str | Iterable[Any] = ()) -> builtins.list[T]:
        """Upsert each of the entities, in order, in one transaction; see `upsert`."""
        on = on if isinstance(on, str) or not isinstance(on, Iterable) else tuple(on)
        return [self.upsert(entity, on) for entity in entities]

    @operation
    def delete_many(self, ids: Iterable[Any], *, hard: bool = False) -> int:
        """Delete the rows with these keys; gives how many there were.

        A class with `SoftDeleteMixin` has them marked instead, unless `hard` is true.
        """
        ids = list(ids)
        count = self._deleted_at_once(ids, hard)
        if count is not None:
            return count
        found = self._locked_by_key(ids, include_deleted=hard or not self._soft_deletes)
        self._remove(list(found.values()), hard)
        return len(found)

    @operation
    def delete_where(self, *criteria: Criterion, everything: bool = False, hard: bool = False) -> int:
        """Delete all rows that meet the criteria, in one statement; gives how many there were.

        The database's own ON DELETE rules apply; cascades declared in Python alone do not.

        Raises:
            EntityValidationError: without criteria, unless `everything` is true.
        """
        if not criteria and not everything:
            raise EntityValidationError(
                f"delete_where without criteria would delete every {self.model.__name__}",
                entity=self.model.__name__,
                remedy="give criteria, or everything=True",
            )
        if self._soft_deletes and not hard:
            return self._update_where({"deleted_at": datetime.now(UTC)}, criteria)
        conditions = self._conditions(criteria)
        tables = {table for mapper in self._mapper.self_and_descendants for table in mapper.tables}
        if len(tables) > 1:  # which no single DELETE reaches
            found = self._locked_by_criteria(conditions)
            self._remove(found, hard=True)
            return len(found)
        synchronize = "fetch" if self.db_session.identity_map else False
        return self._rows_changed(delete(self.model).where(*conditions), synchronize=synchronize)

    def _written_directly(self) -> DirectTable[T] | None:
        """Give the way past the unit of work; None where somebody would notice."""
        home = self._binding.home
        if home is None or not home.direct or home.pinned is not None:
            return None
        table: DirectTable[T] | None = home.tables.get(self.model)
        if table is None:
            table = home.tables[self.model] = DirectTable(home, self._mapper)
        return table if table.plain and table.writing.way() != "session" else None

    def _created_at_once(self, new: builtins.list[T]) -> bool:
        """Create new objects past the unit of work; False where it has to do it."""
        table = self._written_directly() if new else None
        inserts = None if table is None else table.inserts
        taken = None if inserts is None else inserts.taken_apart(new)
        frame = self._binding.frame()
        if inserts is None or taken is None or frame is None:
            return False
        session, alone = self.db_session, self._is_alone("create_many")
        if not alone:
            keys = inserts.given_keys(taken)
            # What waits to be written may refer to a key that is given here, and come after it.
            if self._holds(keys) or (keys and internals.has_changes(session)):
                return False
        made = self._tried(alone, lambda connection: inserts.insert(connection, taken))
        if made is None:
            return False
        if alone:  # an object is stored once that is committed
            frame.defer(lambda: inserts.stored(taken, made, None))
        else:
            inserts.stored(taken, made, session)
        return True

    def _updated_at_once(self, rows: builtins.list[Mapping[str, Any]]) -> bool:
        """Change rows past the unit of work; False where it has to do it."""
        table = self._written_directly() if rows else None
        changes = None if table is None else table.changes.taken_apart(rows)
        if table is None or changes is None or self._holds(changes.keys):
            return False

        def update(connection: Connection) -> int | None:
            count = table.changes.update(connection, changes)
            if count not in (None, len(rows)):
                raise StatementError(
                    f"there are {count} of {len(rows)} rows"
                )  # the Session tells which isn't
            return count

        return self._tried(self._is_alone("update_many"), update) is not None

    def _deleted_at_once(self, ids: builtins.list[Any], hard: bool) -> int | None:
        """Delete or mark rows past the unit of work; None where it has to do it."""
        table = self._written_directly() if ids else None
        keys = list(dict.fromkeys(key_values(self.model, id) for id in ids)) if table else []
        if table is None or self._holds(keys):
            return None
        alone, bulk = self._is_alone("delete_many"), table.changes
        if self._soft_deletes and not hard:
            changes = bulk.marking(keys, datetime.now(UTC))
            if changes is None:
                return None
            return self._tried(alone, lambda connection: bulk.update(connection, changes))
        if not deletes_plainly(self._mapper):
            return None
        return self._tried(alone, lambda connection: bulk.delete(connection, keys))

    def _is_alone(self, name: str) -> bool:
        """Tell whether the session was opened for this very call, so that an error ends it."""
        return self._alone_call(self.db_session) is BulkOperations.__dict__[name]

    def _plain_connection(self) -> Connection | None:
        """Give the session's connection; None where somebody listens to it, or names mean others on it."""
        connection = self.db_session.connection()
        renamed = connection.get_execution_options().get("schema_translate_map")
        return None if renamed or listening.heard(self.db_session, connection) else connection

    def _tried(self, alone: bool, write: Callable[[Connection], R | None]) -> R | None:
        """Give what is written; None, with all of it undone, where the unit of work has to do it.

        What the database refuses is left to it, too, which tells the row and the value.
        """
        session = self.db_session
        try:
            with nullcontext() if alone else session.begin_nested(), unlogged(), translated(session):
                connection = self._plain_connection()
                return None if connection is None else write(connection)
        except REFUSALS:
            if alone:
                session.rollback()
            return None

    def _holds(self, keys: Iterable[tuple[Any, ...]]) -> bool:
        """Tell whether the session has an object for one of these rows, which must be kept in step."""
        held = self.db_session.identity_map
        return bool(held) and any((self.model, key, None) in held for key in keys)

    def _update_where(self, values: Mapping[str, Any], given: Iterable[Any]) -> int:
        conditions = self._conditions(given)
        if self._soft_deletes:
            conditions = (*conditions, getattr(self.model, "deleted_at").is_(None))  # noqa: B009
        if len(self._mapper.tables) > 1:  # which no single UPDATE reaches
            found = self._locked_by_criteria(conditions)
            for entity in found:
                self._set(entity, values)
            self._store(found)
            return len(found)
        version = fields_of(self.model).version
        if version is not None:
            values = {version: getattr(self.model, version) + 1, **values}
        # Not SQLAlchemy's own synchronizing: it knows nothing of updated_at, nor of expressions.
        count = self._rows_changed(update(self.model).where(*conditions).values(values), synchronize=False)
        reread_class(self.db_session, self.model)
        return count

    def _rows_changed(self, statement: Any, *, synchronize: Any) -> int:
        self.db_session.flush()
        result = self.db_session.execute(statement, execution_options={"synchronize_session": synchronize})
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _locked_by_criteria(self, conditions: Iterable[Any]) -> builtins.list[T]:
        return self.find(*conditions, for_update=True, include_deleted=True)

    def _locked_by_key(self, ids: Iterable[Any], *, include_deleted: bool = False) -> dict[Any, T]:
        """Read and lock the rows with these keys, by key."""
        keys = [normal_key(self.model, id) for id in ids]
        statement = self._locking(self._select(include_deleted), keys)
        found: dict[Any, T] = {}
        for criterion in many_keys_criteria(self.model, keys):
            for entity in self.scalars(statement.where(criterion)).unique():
                found[key_of(entity)] = entity
        return found
