"""The pool of a manager's own engine: SQLAlchemy's, with a second place for idle connections.

A connection that was used in autocommit, past SQLAlchemy, waits here as it is for the next call of that
kind, which takes it with one `pop`: a check-out and a check-in of the pool take longer than SQLite's answer.
For everybody else these connections are idle ones of the pool, and are counted and given out so.

Stands on `QueuePool`'s `_do_get` and `_do_return_conn`, which its own subclasses override, and on the
public `ConnectionPoolEntry`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry, Pool, PoolProxiedConnection

    from colonnade.dialects.values import DriverConnection


class Lent:
    """A connection in autocommit, for one call at a time.

    `fairy` is the pool's own handle, as long as the connection is checked out by SQLAlchemy's count.
    """

    __slots__ = ("driver", "fairy", "pool", "record")

    def __init__(self, pool: Pool, driver: DriverConnection, fairy: PoolProxiedConnection) -> None:
        self.pool = pool
        self.driver = driver
        self.record: ConnectionPoolEntry = fairy._connection_record  # not public
        self.fairy: PoolProxiedConnection | None = fairy


class DirectPool(QueuePool):
    """A queue of connections, and beside it those that are in autocommit."""

    # Or what SQLAlchemy tells of its pool would be in the logger of this package, with our errors.
    _sqla_logger_namespace = f"{QueuePool.__module__}.{QueuePool.__name__}"

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.idle: deque[Lent] = deque()
        self.waiting = 0
        """How many are asking for a connection now."""
        self.crowded = False
        """Whether one that comes back may be one too many, or the pool was disposed of."""
        self.recycles = self._recycle > -1
        self._disposed = False
        self._counting = threading.RLock()  # the garbage collector may call for a connection at any point
        self._adopted: dict[ConnectionPoolEntry, Lent] = {}

    def give_back(self, lent: Lent) -> None:
        """Let a connection wait for the next call of its kind, or go to whoever waits for one."""
        if lent.fairy is not None:
            self._adopted[lent.record] = lent
            fairy, lent.fairy = lent.fairy, None
            fairy.close()
            return
        self.idle.append(lent)
        if self.waiting or self.crowded:
            self.serve()

    def is_due(self, lent: Lent) -> bool:
        """Tell whether the connection is older than the pool lets it become."""
        record: Any = lent.record
        return self.recycles and bool(self._recycle < time.time() - record.last_connect_time)

    def discard(self, lent: Lent, error: BaseException | None = None) -> None:
        """Close a connection that can't be used any more; its place in the pool is free again."""
        try:
            lent.record.invalidate(error)
        finally:
            self._return(lent.record)

    def discard_stale(self) -> None:
        """Close those that wait here and that the server has closed."""
        for _ in range(len(self.idle)):
            lent = self._taken()
            if lent is None:
                return
            if lent.driver.is_stale():
                self.discard(lent)
            else:
                self.idle.appendleft(lent)

    def checkedin(self) -> int:
        return super().checkedin() + len(self.idle)

    def checkedout(self) -> int:
        return super().checkedout() - len(self.idle)

    def retire(self) -> None:
        """Close from now on what comes back; SQLAlchemy leaves it to the garbage collector."""
        self._disposed = self.crowded = True

    def dispose(self) -> None:
        self.retire()
        while (lent := self._taken()) is not None:
            lent.record.close()
        super().dispose()

    def _do_get(self) -> ConnectionPoolEntry:
        with self._counting:
            self.waiting += 1
        try:
            self.serve()
            return super()._do_get()
        finally:
            with self._counting:
                self.waiting -= 1
            self._count_overflow()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if self._disposed:
            record.close()
        lent = self._adopted.pop(record, None)
        if lent is None or record.dbapi_connection is None:  # closed on its way back
            self._return(record)
        else:
            self.give_back(lent)

    def serve(self) -> None:
        """Put one that is in autocommit into the queue, as SQLAlchemy has it, or close one too many."""
        if self._disposed or (not self.waiting and self._has_too_many()):
            self._close_one()
        elif self.waiting and (lent := self._taken()) is not None:
            try:
                lent.driver.leave()
            except Exception as error:  # noqa: BLE001 (it's no use to anyone; who gave it back has its answer)
                self.discard(lent, error)
            except BaseException as error:
                self.discard(lent, error)
                raise
            else:
                self._return(lent.record)

    def _close_one(self) -> None:
        lent = self._taken()
        if lent is not None:
            try:
                lent.record.close()
            finally:
                self._dec_overflow()
                self._count_overflow()

    def _has_too_many(self) -> bool:
        return self.crowded and self.checkedin() > self.size()

    def _return(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        self._count_overflow()

    def _count_overflow(self) -> None:
        self.crowded = self._disposed or self._overflow > 0 < self.size()

    def _taken(self) -> Lent | None:
        try:
            return self.idle.pop()
        except IndexError:
            return None


class AsyncDirectPool(DirectPool, AsyncAdaptedQueuePool):
    """The same for an asynchronous engine."""
