"""Flask: what is committed, what is rolled back, and what a client is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from colonnade import DatabaseManager, DatabaseSettings
from colonnade.errors import ForeignKeyViolationError
from tests.frameworks.flask_app import TransactionalFlask, create_app, create_app_with_teardown
from tests.frameworks.models import Base, Reel, ReelRepository


@pytest.fixture
def db(sqlite_url: str) -> Iterator[DatabaseManager]:
    settings = DatabaseSettings(sqlite_url, lock_timeout_s=0.2)
    with DatabaseManager(settings, metadata=Base.metadata) as db:
        yield db


@pytest.fixture(params=[Flask, TransactionalFlask])
def app(db: DatabaseManager, request: pytest.FixtureRequest) -> Flask:
    """The application; once more with every view in a session, where a view's own is a savepoint."""
    return create_app(db, request.param)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def titles(db: DatabaseManager) -> list[str]:
    return sorted(reel.title for reel in ReelRepository(db).list())


def answer(response: Any) -> tuple[int, str]:
    return response.status_code, response.json["code"]


def test_a_request_commits(client: FlaskClient, db: DatabaseManager) -> None:
    response = client.post("/reels/fox")
    assert (response.status_code, response.json["takes"]) == (201, 1)
    assert titles(db) == ["fox"]


@pytest.mark.parametrize(("path", "status"), [("refused", 400), ("broken", 500)])
def test_an_exception_rolls_back(path: str, status: int, client: FlaskClient, db: DatabaseManager) -> None:
    assert client.post(f"/{path}/fox").status_code == status
    assert titles(db) == []


def test_a_refusal_that_is_returned_commits(client: FlaskClient, db: DatabaseManager) -> None:
    assert client.post("/answered/fox").status_code == 400
    assert titles(db) == ["fox"]


def test_a_failed_commit_is_answered_before_the_response(client: FlaskClient) -> None:
    assert answer(client.post("/orphans")) == (409, "foreign_key_violation")


def test_errors_are_told_by_status(client: FlaskClient, db: DatabaseManager) -> None:
    client.post("/reels/fox")
    assert answer(client.get("/reels/owl")) == (404, "entity_not_found")
    assert answer(client.get("/keys/owl")) == (422, "entity_validation")
    assert answer(client.post("/reels/fox")) == (409, "unique_violation")


def test_a_busy_database_says_when_to_come_back(client: FlaskClient, db: DatabaseManager) -> None:
    with ThreadPoolExecutor(1) as pool, db.session():
        ReelRepository(db).create(Reel(title="owl"))
        response = pool.submit(client.post, "/reels/fox").result()
    assert answer(response) == (503, "lock_timeout")
    assert response.headers["Retry-After"] == "1"


def test_a_streamed_answer_reads_after_the_view(client: FlaskClient, db: DatabaseManager) -> None:
    ReelRepository(db).create_many([Reel(title="fox"), Reel(title="owl")])
    assert client.get("/streamed").text == "fox\nowl\n"


def test_a_session_ended_in_the_teardown_is_not_told_of_a_refusal(db: DatabaseManager) -> None:
    """Why the page warns of it; and its failed commit goes past the error handlers."""
    client = create_app_with_teardown(db).test_client()
    assert client.post("/refused/fox").status_code == 400
    assert titles(db) == ["fox"]
    with pytest.raises(ForeignKeyViolationError):
        client.post("/orphans")


def test_parallel_requests_keep_their_sessions_apart(url: str) -> None:
    with DatabaseManager(url, metadata=Base.metadata) as db, ThreadPoolExecutor(20) as pool:
        app = create_app(db)
        responses = list(pool.map(lambda number: app.test_client().post(f"/slow/{number}"), range(60)))
        assert titles(db) == sorted(str(number) for number in range(60))
    assert all(response.json["held"] == [response.json["title"]] for response in responses)
