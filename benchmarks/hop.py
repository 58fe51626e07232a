"""`await get(id)` on aiosqlite, beside one hop to its thread.

Raw: `execute` and `fetchone` together in one hop, through aiosqlite's `_execute`. Its public methods hop
for each of them; the case "execute, fetchone" does so.
"""

from __future__ import annotations

from typing import Any

from benchmarks import get
from benchmarks.question import Question


async def one_hop(connection: Any, id: int) -> Any:
    return await connection._execute(get.sqlite3, connection._conn, id)


async def public(connection: Any, id: int) -> Any:
    async with connection.execute(get.SQLITE, (id,)) as cursor:
        return await cursor.fetchone()


QUESTION = Question(
    name="hop",
    title="await get(id), beside one hop",
    arguments=get.QUESTION.arguments,
    raw={"aiosqlite": one_hop},
    ours=get.ours,
    asked_of_peers="get",
    beside_raw={"execute, fetchone": public},
)
