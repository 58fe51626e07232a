"""The cases of one question on one driver: the raw driver twice, ours, and the peers'."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import make_url

from benchmarks import peers
from benchmarks.clips import Store
from benchmarks.drivers import Driver
from benchmarks.harness import Case, Clock
from benchmarks.question import Question
from benchmarks.report import CONTROL
from colonnade import AsyncBaseRepository, AsyncDatabaseManager, BaseRepository, DatabaseManager


@dataclass(frozen=True)
class Asked:
    """A question, asked of a driver on a filled database; what is opened is closed by `stack`."""

    question: Question
    driver: Driver
    store: Store
    clock: Clock
    stack: ExitStack

    def raw(self) -> Iterator[Case]:
        """Give the raw driver, and it once more as the control; then what stands beside it."""
        raw = self.question.raw[self.driver.name]
        for name, way in {"raw": raw, CONTROL: raw, **self.question.beside_raw}.items():
            connection = self.clock.run(self.driver.connect(make_url(self.store.url)))
            self._close_with(connection)
            kind = "raw" if way is raw else "beside"
            yield Case(name, partial(way, connection), self.driver.is_async, kind)
        for name, call in self.question.beside.items():
            yield Case(name, call, False, "beside")

    def ours(self, *, session: bool) -> Iterator[Case]:
        """Give our case; and with `session`, the one that is made to go through SQLAlchemy's Session."""
        yield self._ours("colonnade", "ours", direct=True)
        if session:
            yield self._ours("colonnade, through Session", "beside", direct=False)

    def peers(self) -> Iterator[Case]:
        """Give the peers that are installed, work on this driver, and have a way for this question."""
        for name, module in peers.peers():
            if self.driver.name in module.DRIVERS:
                peer = self.clock.run(module.connect(self.driver, self.store.url))
                self._close_with(peer)
                way = getattr(peer, self.question.asked_of_peers or self.question.name, None)
                if way is not None:
                    prepare = partial(self.question.prepare, module.MODELS[self.question.model])
                    yield Case(name, way, self.driver.is_async, "peer", prepare)

    def _ours(self, name: str, kind: Any, *, direct: bool) -> Case:
        manager, face = (
            (AsyncDatabaseManager, AsyncBaseRepository)
            if self.driver.is_async
            else (DatabaseManager, BaseRepository)
        )
        db = manager(self.driver.url(self.store.url))
        db.home.direct = direct
        self._close_with(db)
        repository = face[self.question.model](db)
        prepare = partial(self.question.prepare, self.question.model)
        return Case(name, partial(self.question.ours, repository), self.driver.is_async, kind, prepare)

    def _close_with(self, closable: Any) -> None:
        self.stack.callback(lambda: self.clock.run(closable.close()))
