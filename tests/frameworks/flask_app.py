"""Flask: each request has a thread and a context of its own, so repositories find its session."""

import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Blueprint, Flask, abort, current_app, g

from colonnade import BaseRepository, DatabaseManager
from colonnade.errors import DatabaseError
from tests.frameworks.answers import STATUS, answer_to
from tests.frameworks.models import Reel, ReelRepository, Take

P = ParamSpec("P")
R = TypeVar("R")

views = Blueprint("views", __name__)


def manager() -> DatabaseManager:
    db: DatabaseManager = current_app.extensions["colonnade"]
    return db


def in_session(view: Callable[P, R]) -> Callable[P, R]:
    """Run the view in one transaction: committed when it returns, rolled back when it raises."""

    @wraps(view)
    def viewed(*args: P.args, **kwargs: P.kwargs) -> R:
        with manager().session():
            return view(*args, **kwargs)

    return viewed


@views.post("/reels/<title>")
@in_session
def create(title: str) -> Any:
    reels = ReelRepository(manager())
    reel = reels.create(Reel(title=title, takes=[Take()]))
    return {"id": reel.id, "takes": len(reels.titled(title).takes)}, 201


@views.get("/reels/<title>")
def read(title: str) -> Any:
    return {"id": ReelRepository(manager()).titled(title).id}


@views.get("/keys/<key>")
def by_key(key: str) -> Any:
    return {"title": ReelRepository(manager()).get_one(key).title}


@views.post("/refused/<title>")
@in_session
def refused(title: str) -> Any:
    ReelRepository(manager()).create(Reel(title=title))
    abort(400)


@views.post("/answered/<title>")
@in_session
def answered(title: str) -> Any:
    """A refusal that is returned, not raised, is a view that went well."""
    ReelRepository(manager()).create(Reel(title=title))
    return {"refused": title}, 400


@views.post("/broken/<title>")
@in_session
def broken(title: str) -> Any:
    ReelRepository(manager()).create(Reel(title=title))
    raise ZeroDivisionError


@views.post("/orphans")
@in_session
def orphan() -> Any:
    BaseRepository[Take](manager()).create(Take(reel_id=-1))
    return {"status": "created"}


@views.post("/slow/<title>")
@in_session
def slow(title: str) -> Any:
    reels = ReelRepository(manager())
    reel = reels.create(Reel(title=title))
    time.sleep(0.005)
    held = [each.title for each in reels.db_session if isinstance(each, Reel)]
    return {"title": reel.title, "held": held}


@views.get("/streamed")
def streamed() -> Any:
    """The body is made after the view: its generator reads by itself."""
    reels = ReelRepository(manager())

    def lines() -> Iterator[str]:
        for reel in reels.stream():
            yield f"{reel.title}\n"

    return lines(), {"Content-Type": "text/plain"}


class TransactionalFlask(Flask):
    """Every view of this application in a session."""

    def dispatch_request(self, *args: Any) -> Any:
        with self.extensions["colonnade"].session():
            return super().dispatch_request(*args)


def on_error(error: DatabaseError) -> Any:
    return answer_to(error)


def create_app(db: DatabaseManager, kind: type[Flask] = Flask) -> Flask:
    app = kind(__name__)
    app.extensions["colonnade"] = db
    db.initialize()
    app.register_blueprint(views)
    for fault in STATUS:
        app.register_error_handler(fault, on_error)
    return app


def create_app_with_teardown(db: DatabaseManager) -> Flask:
    """The way that the page warns of: a session opened before the view, and ended in the teardown."""
    app = Flask(__name__)
    app.register_error_handler(DatabaseError, on_error)

    @app.before_request
    def open_session() -> None:
        g.block = db.session()
        g.block.__enter__()

    @app.teardown_request
    def end_session(error: BaseException | None) -> None:
        g.pop("block").__exit__(type(error) if error else None, error, None)

    @app.post("/refused/<title>")
    def refused(title: str) -> None:
        ReelRepository(db).create(Reel(title=title))
        abort(400)

    @app.post("/orphans")
    def orphan() -> str:
        BaseRepository[Take](db).create(Take(reel_id=-1))
        return "created"

    return app
