"""FastAPI, asynchronous: sessions found by their task, and what isn't that task."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient
from starlette.middleware.base import BaseHTTPMiddleware

from colonnade import AsyncDatabaseManager, DatabaseManager, DatabaseSettings
from colonnade.errors import TransactionError
from tests.frameworks.fastapi_async_app import create_app
from tests.frameworks.models import AsyncReelRepository, Base, ReelRepository


@pytest.fixture
def settings(sqlite_url: str) -> DatabaseSettings:
    return DatabaseSettings(sqlite_url, lock_timeout_s=0.2)


@pytest.fixture
def app(settings: DatabaseSettings) -> Any:
    return create_app(AsyncDatabaseManager(settings, metadata=Base.metadata))


@pytest.fixture
def client(app: Any) -> Iterator[TestClient]:
    """A client that gets a 500 for what it would get one for."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def strict_client(app: Any) -> Iterator[TestClient]:
    """A client in whose place the test sees what was raised."""
    with TestClient(app) as client:
        yield client


@pytest.fixture
def db(settings: DatabaseSettings) -> Iterator[DatabaseManager]:
    """The same database, seen from outside."""
    with DatabaseManager(settings, metadata=Base.metadata) as db:
        yield db


def titles(db: DatabaseManager) -> list[str]:
    return sorted(reel.title for reel in ReelRepository(db).list())


def answer(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_a_request_commits(client: TestClient, db: DatabaseManager) -> None:
    assert client.post("/reels/fox").status_code == 201
    assert titles(db) == ["fox"]


@pytest.mark.parametrize(("path", "status"), [("refused", 400), ("broken", 500), ("given", 400)])
def test_an_exception_rolls_back(path: str, status: int, client: TestClient, db: DatabaseManager) -> None:
    assert client.post(f"/{path}/fox").status_code == status
    assert titles(db) == []


def test_a_failed_commit_is_answered_before_the_response(client: TestClient) -> None:
    assert answer(client.post("/orphans")) == (409, "foreign_key_violation")


def test_fastapis_default_scope_answers_success_before_it_commits(client: TestClient) -> None:
    assert client.post("/late-orphans").json() == {"status": "created"}


def test_errors_are_told_by_status(client: TestClient, db: DatabaseManager) -> None:
    client.post("/reels/fox")
    assert answer(client.get("/reels/owl")) == (404, "entity_not_found")
    assert answer(client.post("/reels/fox")) == (409, "unique_violation")
    with db.session() as session:
        ReelRepository(session).delete_where(everything=True)
        response = client.post("/reels/owl")
    assert answer(response) == (503, "lock_timeout")
    assert response.headers["Retry-After"] == "1"


@pytest.mark.parametrize("path", ["threaded", "gathered"])
def test_another_task_may_not_join(path: str, strict_client: TestClient, db: DatabaseManager) -> None:
    with pytest.raises(TransactionError, match="in another thread or task.* pass its session"):
        strict_client.post(f"/{path}/fox")
    assert titles(db) == []


def test_tasks_without_a_session_commit_by_themselves(client: TestClient, db: DatabaseManager) -> None:
    client.post("/gathered-alone/fox")
    assert titles(db) == ["fox", "fox!"]


def test_a_background_task_works_after_the_commit(client: TestClient, db: DatabaseManager) -> None:
    assert client.post("/later/fox").status_code == 200
    assert titles(db) == ["fox", "fox, last", "fox, later"]


def test_with_the_default_scope_a_background_task_can_undo_the_request(
    client: TestClient, db: DatabaseManager
) -> None:
    assert client.post("/late-later/fox").status_code == 200
    assert titles(db) == []


def test_a_session_around_the_whole_application_is_joined(app: Any, db: DatabaseManager) -> None:
    async def in_session(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        async with app.state.db.session():
            await app(scope, receive, send)
            raise ZeroDivisionError

    with TestClient(in_session) as client, pytest.raises(ZeroDivisionError):
        client.post("/later/fox")
    assert titles(db) == []


def test_a_session_in_an_http_middleware_is_not(app: Any) -> None:
    async def in_session(request: Any, call_next: Any) -> Any:
        async with app.state.db.session():
            return await call_next(request)

    app.add_middleware(BaseHTTPMiddleware, dispatch=in_session)
    with TestClient(app) as client, pytest.raises(TransactionError, match="in another thread or task"):
        client.get("/reels/fox")


def test_parallel_requests_keep_their_sessions_apart(async_url: str) -> None:
    async def all_at_once() -> None:
        async with AsyncDatabaseManager(async_url, metadata=Base.metadata) as adb:
            transport = ASGITransport(create_app(adb))
            async with AsyncClient(transport=transport, base_url="http://test") as client:
                responses = await asyncio.gather(
                    *(client.post(f"/slow/{n}", params={"refuse": n % 3 == 0}) for n in range(20))
                )
            kept = sorted(reel.title for reel in await AsyncReelRepository(adb).list())
        assert [r.status_code for r in responses] == [200 if n % 3 else 400 for n in range(20)]
        assert kept == sorted(str(n) for n in range(20) if n % 3)
        assert all(r.json()["held"] == [r.json()["title"]] for r in responses if r.status_code == 200)

    asyncio.run(all_at_once())
