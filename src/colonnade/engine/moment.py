"""Several reads on one connection of the driver's, all of one moment where a session's would be.

SQLite and MySQL give a transaction one view of the database throughout. PostgreSQL, as it's set up, gives
each statement its own, in a session too, so there nothing is sent around them.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from colonnade.engine.direct import Driver, Sent

if TYPE_CHECKING:
    from colonnade.engine.home import Home
    from colonnade.engine.pool import Lent


class Moment(Driver):
    """A driver whose statements, inside its `with` block, go through one connection.

    Raises:
        DatabaseError: by each statement, as a driver's; the block can't be gone on with then.
    """

    _sends_again = False  # another connection would see another moment

    def __init__(self, home: Home, first: Sent) -> None:
        super().__init__(home)
        self._pool = None
        self._begun = Sent("BEGIN", first.table, first.entity)
        self._lent: Lent | None = None

    def __enter__(self) -> Moment:
        lent = super()._taken()
        try:
            self.dialect.reads.begin(lent.record.dbapi_connection)  # type: ignore[arg-type]
        except BaseException as error:  # noqa: BLE001 (a cancelled task, too)
            self._fail(lent, self._begun, (), error)
        self._lent = lent
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        lent, self._lent = self._lent, None
        if lent is None:
            return
        try:
            self.dialect.reads.end(lent.record.dbapi_connection)  # type: ignore[arg-type]
        except BaseException as failed:
            # All was read by now: a connection that can't even say so is only thrown away.
            self._discard(lent, failed)
            if not isinstance(failed, Exception):
                raise
        else:
            self._give_back(lent)

    def _taken(self) -> Lent:
        assert self._lent is not None
        return self._lent

    def _give_back(self, lent: Lent) -> None:
        if lent is not self._lent:
            super()._give_back(lent)

    def _discard(self, lent: Lent, error: BaseException) -> None:
        self._lent = None
        super()._discard(lent, error)
