"""Taking back what an entry tells of: a new change, which is recorded as any other.

It's refused where the row isn't any more as that change left it, and where what was there before wasn't kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    MetaData,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from colonnade.audit.declare import audited_of_type
from colonnade.audit.decode import Decoder
from colonnade.audit.log import AuditLog
from colonnade.audit.values import is_unknown, plain
from colonnade.dialects.auditing import Audited
from colonnade.dialects.contract import dialect_named
from colonnade.errors import EntityValidationError, ForeignKeyViolationError, StaleEntityError

__all__ = ["revert"]


def revert(
    session: Session, entries: Sequence[AuditLog], metadata: Sequence[MetaData] = ()
) -> list[AuditLog]:
    """Take these entries back, the last one first, and give those that were written for it.

    Raises:
        EntityValidationError: for an entry written by hand, or a value that was redacted or cut.
        StaleEntityError: when a row has changed since.
    """
    ordered = sorted(entries, key=lambda entry: entry.id, reverse=True)
    taken = frozenset(entry.id for entry in ordered)
    last = session.scalar(select(func.max(AuditLog.id))) or 0
    steps = [_Reverting(session, entry, taken, last, metadata) for entry in ordered]
    while steps:
        steps = _run(session, steps)
    return list(session.scalars(select(AuditLog).where(AuditLog.id > last).order_by(AuditLog.id)))


def _run(session: Session, steps: Sequence[_Reverting]) -> list[_Reverting]:
    """Take back what can be, and give the rest: what refers to a row that isn't back yet.

    Databases differ in whether a row or what goes along with it is noted first.
    """
    left: list[_Reverting] = []
    for step in steps:
        if any(step.row == other.row for other in left):
            left.append(step)
            continue
        try:
            with session.begin_nested():
                step.run()
        except ForeignKeyViolationError:
            left.append(step)
            if len(left) == len(steps):
                raise
    return left


class _Reverting:
    """Taking back one entry; `taken` are those taken back along with it, `last` the newest before that."""

    def __init__(
        self,
        session: Session,
        entry: AuditLog,
        taken: frozenset[int],
        last: int,
        metadata: Sequence[MetaData],
    ) -> None:
        if entry.source != "trigger":
            raise EntityValidationError(
                f"the entry {entry.id} is {entry.source}: no change was recorded that could be taken back"
            )
        self._session = session
        self._entry = entry
        self._taken = taken
        self._last = last
        self._audited: Audited = audited_of_type(entry.entity_type, metadata)
        dialect = session.get_bind().dialect
        self._table: Table = self._audited.table
        self._decoder = Decoder(self._audited, dialect)
        self._writer = dialect_named(dialect.name).audit.writer(self._audited, dialect)

    @property
    def row(self) -> tuple[str, str | None]:
        """What the entry is about."""
        return self._entry.entity_type, self._entry.entity_key

    def run(self) -> None:
        self._refuse_later()
        if self._entry.operation == "INSERT":
            self._check(self._entry.changes)
            self._session.execute(delete(self._table).where(self._is_row()))
        elif self._entry.operation == "DELETE":
            self._bring_back()
        else:
            self._set_back()

    def _bring_back(self) -> None:
        if self._live() is not None:
            raise self._stale("there is a row with its key again")
        values = self._values(self._entry.changes)
        self._session.execute(insert(self._table).values(values))

    def _set_back(self) -> None:
        changes = self._entry.changes
        old = {name: before for name, (before, _) in changes.items()}
        values = self._values(old)
        self._check({name: after for name, (_, after) in changes.items()})
        self._session.execute(update(self._table).where(self._is_row()).values(values))

    def _values(self, said: dict[str, Any]) -> dict[Any, Any]:
        for name, value in said.items():
            if is_unknown(value):
                what = "redacted" if "$redacted" in value else "too large to be kept"
                raise EntityValidationError(
                    f"the entry {self._entry.id} can't be taken back: {name} was {what}", columns=[name]
                )
        by_name = {column.name: column for column in self._table.columns if column.computed is None}
        return {
            by_name[name]: self._decoder.value(name, value) for name, value in said.items() if name in by_name
        }

    def _check(self, expected: dict[str, Any]) -> None:
        """Refuse where the row isn't as the entry has left it."""
        live = self._live()
        if live is None:
            raise self._stale("the row is gone")
        other = sorted(name for name, value in expected.items() if live.get(name, value) != value)
        if other:
            raise self._stale(f"{', '.join(other)} isn't as the entry has left it")

    def _live(self) -> dict[str, Any] | None:
        """Give the row's image as it is now, and lock the row."""
        self._session.execute(select(*self._table.primary_key).where(self._is_row()).with_for_update())
        present = self._table.alias("present")
        image = literal_column(self._writer.image("present"), Text)
        same = [present.c[column.key] == value for column, value in self._key().items()]
        found = self._session.scalar(select(image).select_from(present).where(*same))
        return None if found is None else plain(json.loads(found))

    def _is_row(self) -> ColumnElement[bool]:
        return and_(*(column == value for column, value in self._key().items()))

    def _key(self) -> dict[Column[Any], Any]:
        columns = self._audited.keys
        try:
            said = json.loads(self._entry.entity_key or "")
        except ValueError as error:
            raise EntityValidationError(f"the entry {self._entry.id} has no whole key") from error
        return {
            column: self._decoder.value(column.name, plain(one))
            for column, one in zip(columns, said, strict=True)
        }

    def _refuse_later(self) -> None:
        """Refuse where anything was recorded of the row since, other than what is taken back with this."""
        entry = self._entry
        same = or_(AuditLog.entity_key == entry.entity_key, AuditLog.previous_key == entry.entity_key)
        if entry.entity_id is not None:
            same = or_(AuditLog.entity_id == entry.entity_id, AuditLog.previous_key == entry.entity_key)
        later = self._session.scalars(
            select(AuditLog.id).where(
                AuditLog.entity_type == entry.entity_type,
                same,
                AuditLog.source == "trigger",
                AuditLog.id > entry.id,
                AuditLog.id <= self._last,
            )
        )
        since = sorted(set(later) - self._taken)
        if since:
            raise self._stale(f"the entry {since[0]} tells of a change since")

    def _stale(self, why: str) -> StaleEntityError:
        entry = self._entry
        return StaleEntityError(
            f"the entry {entry.id} about {entry.entity_type} {entry.entity_key} can't be taken back: {why}",
            entity=entry.entity_type,
        )
