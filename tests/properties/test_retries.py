"""How many units of work at one hot row succeed, by the number of tries: the figures behind the defaults."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from colonnade import DatabaseManager
from colonnade.errors import DatabaseError, SerializationError
from tests.properties.models import Base, Item, Items

THREADS = 16
UNITS = 400
MOST = 0.99
"""What of it succeeds by default: under this contention a tenth try fails in one of some thousand units."""


@dataclass
class Outcome:
    """What came of all units with one number of tries."""

    tries: str
    succeeded: int
    stored: int
    failed: dict[str, int]
    seconds: float

    def __str__(self) -> str:
        return f"{self.tries:>8} | {self.succeeded:9} | {self.seconds:6.2f} s | {self.failed or ''}"


def contend(db: DatabaseManager, attempts: int | None) -> Outcome:
    """Let the threads read and write the one row, serializable."""
    items = Items(db)
    items.delete_where(everything=True)
    items.create(Item(id=1, code=0))
    view = db.options(isolation_level="SERIALIZABLE", retry_attempts=attempts)
    failed: Counter[str] = Counter()

    def unit() -> None:
        items.update(1, {"code": items.get_one(1).code + 1})

    def tried(_: int) -> bool:
        try:
            view.run(unit)
        except DatabaseError as error:
            failed[type(error).__name__] += 1
            return False
        return True

    start = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        succeeded = sum(pool.map(tried, range(UNITS)))
    seconds = time.monotonic() - start
    return Outcome(str(attempts or "defaults"), succeeded, items.get_one(1).code, dict(failed), seconds)


@pytest.mark.long
def test_a_hot_row_is_served_by_trying_again(postgresql_url: str) -> None:
    settings = {"url": postgresql_url, "pool_size": THREADS}
    with DatabaseManager(settings, metadata=Base.metadata) as db:
        outcomes = [contend(db, attempts) for attempts in (1, 3, 10, None)]
    print(f"\n{THREADS} threads, {UNITS} units\n   tries | succeeded |     time | failed")
    print(*outcomes, sep="\n")
    assert [one.stored for one in outcomes] == [one.succeeded for one in outcomes]
    assert {name for one in outcomes for name in one.failed} <= {SerializationError.__name__}
    once, thrice, _, defaults = (one.succeeded for one in outcomes)
    assert once < thrice < defaults
    assert defaults >= MOST * UNITS
