"""The proxy counts right: held to what the raw drivers are known to send."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncmy
import asyncpg
import psycopg
import pymysql
import pytest
from sqlalchemy import URL, make_url

from tests.exchanges.proxy import Proxy, proxying


@pytest.fixture
def postgresql(postgresql_url: str) -> Any:
    with proxying(postgresql_url) as proxy:
        yield proxy


@pytest.fixture
def mysql(mysql_url: str) -> Any:
    with proxying(mysql_url) as proxy:
        yield proxy


def test_psycopg_in_autocommit_takes_one(postgresql: Proxy):
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        with postgresql.listening() as simple:
            connection.execute("SELECT 1")
        with postgresql.listening() as extended:
            connection.execute("SELECT %s::int", [1])
    assert simple.verbs == extended.verbs == ["SELECT"], f"{simple} {extended}"
    assert [message.kind for message in extended[0]] == ["Parse", "Bind", "Describe", "Execute", "Sync"]


def test_psycopg_in_a_transaction_takes_three(postgresql: Proxy):
    with psycopg.connect(postgresql.url) as connection, postgresql.listening() as talk:
        connection.execute("SELECT %s::int", [1])
        connection.commit()
    assert talk.verbs == ["BEGIN", "SELECT", "COMMIT"], f"{talk}"


def test_psycopg_takes_one_more_where_it_prepares(postgresql: Proxy):
    verbs = []
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        for _ in range(8):
            with postgresql.listening() as talk:
                connection.execute("SELECT %s::int", [1])
            verbs.append(talk.verbs)
    assert verbs == [["SELECT"]] * 5 + [["SELECT"] * 2] + [["SELECT"]] * 2


def test_a_pipeline_is_one(postgresql: Proxy):
    with (
        psycopg.connect(postgresql.url, autocommit=True) as connection,
        postgresql.listening() as talk,
        connection.pipeline(),
    ):
        for _ in range(3):
            connection.execute("SELECT pg_sleep(0.01)")
    assert len(talk) == 1, f"{talk}"
    assert [message.statement for message in talk[0] if message.kind == "Bind"] == [
        "SELECT pg_sleep(0.01)"
    ] * 3


def test_a_failed_statement_is_one(postgresql: Proxy):
    with (
        psycopg.connect(postgresql.url, autocommit=True) as connection,
        postgresql.listening() as talk,
        pytest.raises(psycopg.errors.UndefinedTable),
    ):
        connection.execute("SELECT * FROM nowhere WHERE id = %s", [1])
    assert talk.verbs == ["SELECT"], f"{talk}"


def test_asyncpg_prepares_in_an_exchange_of_its_own(postgresql: Proxy):
    async def fetched() -> list[int]:
        connection = await asyncpg.connect(**_arguments(postgresql), ssl=False)
        counts = []
        for _ in range(3):
            with postgresql.listening() as talk:
                await connection.fetch("SELECT $1::int", 1)
            counts.append(len(talk))
        with postgresql.listening() as talk:
            async with connection.transaction():
                await connection.fetch("SELECT $1::int", 1)
        assert talk.verbs == ["BEGIN", "SELECT", "COMMIT"], f"{talk}"
        await connection.close()
        return counts

    assert asyncio.run(fetched()) == [2, 1, 1]


def test_pymysql_takes_one(mysql: Proxy):
    with pymysql.connect(**_arguments(mysql), autocommit=True, ssl_disabled=True) as connection:
        with mysql.listening() as talk:
            connection.cursor().execute("SELECT %s", [1])
        with mysql.listening() as more:
            connection.begin()
            connection.cursor().execute("SELECT %s", [1])
            connection.commit()
            connection.ping()
    assert talk.verbs == ["SELECT"], f"{talk}"
    assert more.verbs == ["BEGIN", "SELECT", "COMMIT", "COM_PING"], f"{more}"


def test_asyncmy_takes_one(mysql: Proxy):
    async def fetched() -> Any:
        connection = await asyncmy.connect(**_arguments(mysql), autocommit=True)
        async with connection.cursor() as cursor:
            with mysql.listening() as talk:
                await cursor.execute("SELECT %s", [1])
        await connection.ensure_closed()
        return talk

    talk = asyncio.run(fetched())
    assert talk.verbs == ["SELECT"], f"{talk}"


def test_a_large_answer_is_one(postgresql: Proxy, mysql: Proxy):
    with psycopg.connect(postgresql.url, autocommit=True) as connection, postgresql.listening() as talk:
        connection.execute("SELECT repeat('x', 300) FROM generate_series(1, 5000)")
    assert talk.verbs == ["SELECT"], f"{talk}"
    with (
        pymysql.connect(**_arguments(mysql), autocommit=True, ssl_disabled=True) as connection,
        mysql.listening() as talk,
    ):
        connection.cursor().execute("SELECT repeat('x', 1500000), %s", ["y" * 400_000])
    assert talk.verbs == ["SELECT"], f"{talk}"


def test_a_connection_is_an_exchange(postgresql: Proxy):
    with postgresql.listening() as talk:
        psycopg.connect(postgresql.url).close()
    assert talk.verbs == ["Connect"], f"{talk}"
    assert [message.kind for message in postgresql.wait_for_good_byes()] == ["Terminate"]


def test_a_connection_to_mysql_is_an_exchange_too(mysql: Proxy):
    with mysql.listening() as talk:
        pymysql.connect(**_arguments(mysql), autocommit=None, ssl_disabled=True).close()
        last = mysql.wait_for_good_byes()
    assert talk.verbs == ["Connect", "SET"], f"{talk}"  # SET NAMES, which PyMySQL always sends
    assert [message.kind for message in last] == ["COM_QUIT"]


def test_a_talk_prints_as_the_conversation(postgresql: Proxy):
    with psycopg.connect(postgresql.url) as connection, postgresql.listening() as talk:
        connection.execute("SELECT 1")
        connection.rollback()
    assert repr(talk) == "3 exchanges\n  1. Query 'BEGIN'\n  2. Query 'SELECT 1'\n  3. Query 'ROLLBACK'"


def _arguments(proxy: Proxy) -> dict[str, Any]:
    url: URL = make_url(proxy.url)
    return {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": str(url.password or ""),
        "database": url.database,
    }
