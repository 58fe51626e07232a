"""Asynchronous calls cancelled at random moments: no connection leaks, no half transaction stays."""

from __future__ import annotations

import asyncio
import random

import pytest

from colonnade import AsyncDatabaseManager
from tests.faults.models import Account, AsyncAccounts, Base


@pytest.mark.parametrize("cancellations", [25, pytest.param(500, marks=pytest.mark.long)])
def test_cancelled_units_leave_nothing_behind(async_url: str, cancellations: int) -> None:
    asyncio.run(cancel_many(async_url, cancellations))


async def cancel_many(url: str, cancellations: int) -> None:
    settings = {"url": url, "pool_size": 2, "max_overflow": 0, "pool_timeout_s": 5}
    async with AsyncDatabaseManager(settings, metadata=Base.metadata) as db:
        accounts = AsyncAccounts(db)
        await accounts.create_many([Account(id=1, balance=100), Account(id=2, balance=100)])
        longest_s = await duration_s(db, accounts)
        cancelled = 0
        for number in range(cancellations):
            task = asyncio.create_task(transfer(db, accounts) if number % 2 else accounts.move(1, 2, 1))
            await asyncio.sleep(random.uniform(0, longest_s))
            task.cancel()
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            cancelled += isinstance(outcome, asyncio.CancelledError)
            assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome
            assert await accounts.total() == 200
        assert cancelled
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        async with asyncio.timeout(5):
            await asyncio.gather(*(accounts.count() for _ in range(4)))
    print(f"{cancelled} of {cancellations} were cancelled")


async def transfer(db: AsyncDatabaseManager, accounts: AsyncAccounts) -> None:
    """A unit of work with a savepoint in it."""
    async with db.session():
        await accounts.update(1, {"balance": Account.balance - 1})
        async with db.session():
            await accounts.update(2, {"balance": Account.balance + 1})


async def duration_s(db: AsyncDatabaseManager, accounts: AsyncAccounts) -> float:
    loop = asyncio.get_running_loop()
    start = loop.time()
    for _ in range(3):
        await transfer(db, accounts)
    return (loop.time() - start) / 2
