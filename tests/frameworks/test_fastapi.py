"""FastAPI, synchronous: what is committed, what is rolled back, and what a client is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from colonnade import DatabaseManager, DatabaseSettings
from colonnade.errors import TransactionError
from tests.frameworks.fastapi_app import create_app
from tests.frameworks.models import Base, Reel, ReelRepository


@pytest.fixture
def db(sqlite_url: str) -> DatabaseManager:
    return DatabaseManager(DatabaseSettings(sqlite_url, lock_timeout_s=0.2), metadata=Base.metadata)


@pytest.fixture
def client(db: DatabaseManager) -> Iterator[TestClient]:
    with TestClient(create_app(db), raise_server_exceptions=False) as client:
        yield client


def titles(db: DatabaseManager) -> list[str]:
    return sorted(reel.title for reel in ReelRepository(db).list())


def test_a_request_commits(client: TestClient, db: DatabaseManager) -> None:
    response = client.post("/reels/fox")
    assert (response.status_code, response.json()["title"]) == (201, "fox")
    assert len(response.json()["takes"]) == 1
    assert titles(db) == ["fox"]


@pytest.mark.parametrize(("path", "status"), [("refused", 400), ("broken", 500), ("inside", 400)])
def test_an_exception_rolls_back(path: str, status: int, client: TestClient, db: DatabaseManager) -> None:
    assert client.post(f"/{path}/fox").status_code == status
    assert titles(db) == []


def test_a_repository_on_the_manager_commits_by_itself(client: TestClient, db: DatabaseManager) -> None:
    assert client.post("/alone/fox").status_code == 400
    assert titles(db) == ["fox"]


def test_a_failed_commit_is_answered_before_the_response(client: TestClient, db: DatabaseManager) -> None:
    response = client.post("/orphans")
    assert (response.status_code, response.json()["code"]) == (409, "foreign_key_violation")


def test_fastapis_default_scope_answers_success_before_it_commits(client: TestClient) -> None:
    """Why the page says `scope="function"`; once this fails, FastAPI commits in time by itself."""
    assert client.post("/late-orphans").json() == {"status": "created"}


def test_errors_are_told_by_status(client: TestClient, db: DatabaseManager) -> None:
    client.post("/reels/fox")
    assert answer(client.get("/reels/owl")) == (404, "entity_not_found")
    assert answer(client.get("/keys/owl")) == (422, "entity_validation")
    response = client.post("/reels/fox")
    assert answer(response) == (409, "unique_violation")
    assert response.json()["columns"] == ["title"]


def test_a_busy_database_says_when_to_come_back(client: TestClient, db: DatabaseManager) -> None:
    with db.session():
        ReelRepository(db).create(Reel(title="owl"))
        response = client.post("/reels/fox")
    assert answer(response) == (503, "lock_timeout")
    assert response.headers["Retry-After"] == "1"
    assert titles(db) == ["owl"]


def test_the_manager_does_not_find_a_dependencys_session(client: TestClient) -> None:
    assert client.post("/apart/fox").json() == {"seen": False, "session": False}


def test_an_asynchronous_dependencys_session_may_not_be_joined(db: DatabaseManager) -> None:
    with TestClient(create_app(db)) as client, pytest.raises(TransactionError, match="pass its session"):
        client.post("/crossed/fox")


def test_a_background_task_works_after_the_commit(client: TestClient, db: DatabaseManager) -> None:
    client.post("/later/fox")
    assert titles(db) == ["fox", "fox, later"]


def test_a_background_task_may_not_use_the_requests_session(db: DatabaseManager) -> None:
    with TestClient(create_app(db)) as client, pytest.raises(TransactionError, match="closed"):
        client.post("/too-late/fox")
    db.initialize()
    assert titles(db) == []


def test_parallel_requests_keep_their_sessions_apart(url: str) -> None:
    db = DatabaseManager(url, metadata=Base.metadata)
    with TestClient(create_app(db)) as client, ThreadPoolExecutor(20) as pool:

        def post(number: int) -> Any:
            return client.post(f"/slow/{number}", params={"refuse": number % 3 == 0})

        responses = list(pool.map(post, range(60)))
        kept = [str(number) for number in range(60) if number % 3]
        assert titles(db) == sorted(kept)
    assert [r.status_code for r in responses] == [200 if number % 3 else 400 for number in range(60)]
    assert all(r.json()["held"] == [r.json()["title"]] for r in responses if r.status_code == 200)


def answer(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]
