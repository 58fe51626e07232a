"""FastAPI with synchronous dependencies and endpoints: worker threads, one session passed along."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from colonnade import BaseRepository, DatabaseManager
from colonnade.errors import DatabaseError
from tests.frameworks.answers import STATUS, answer_to
from tests.frameworks.models import Reel, ReelRepository, Take

router = APIRouter()


def manager(request: Request) -> DatabaseManager:
    db: DatabaseManager = request.app.state.db
    return db


Manager = Annotated[DatabaseManager, Depends(manager)]


def open_session(db: Manager) -> Iterator[Session]:
    with db.session() as session:
        yield session


OpenSession = Annotated[Session, Depends(open_session, scope="function")]
LateSession = Annotated[Session, Depends(open_session)]
"""FastAPI's default: left when the response has been sent."""


def reels(session: OpenSession) -> ReelRepository:
    return ReelRepository(session)


Reels = Annotated[ReelRepository, Depends(reels, scope="function")]


class ReelView(BaseModel, from_attributes=True):
    id: int
    title: str
    takes: list["TakeView"]


class TakeView(BaseModel, from_attributes=True):
    id: int


@router.post("/reels/{title}", status_code=201, response_model=ReelView)
def create(title: str, reels: Reels) -> Reel:
    """Give back an object that has still to be read, takes and all, when the response model is filled."""
    reel = reels.create(Reel(title=title, takes=[Take()]))
    reels.db_session.expire(reel)
    return reel


@router.get("/reels/{title}")
def read(title: str, reels: Reels) -> Any:
    return {"id": reels.titled(title).id}


@router.get("/keys/{key}")
def by_key(key: str, reels: Reels) -> Any:
    return reels.get_one(key)


@router.post("/refused/{title}")
def refused(title: str, reels: Reels) -> None:
    reels.create(Reel(title=title))
    raise HTTPException(400, "refused after the write")


@router.post("/broken/{title}")
def broken(title: str, reels: Reels) -> None:
    reels.create(Reel(title=title))
    raise ZeroDivisionError


@router.post("/alone/{title}")
def alone(title: str, db: Manager) -> None:
    """A repository on the manager: each call is its own transaction."""
    ReelRepository(db).create(Reel(title=title))
    raise HTTPException(400, "refused after the write was committed")


@router.post("/inside/{title}")
def inside(title: str, db: Manager) -> Any:
    """The session opened in the endpoint itself: a repository on the manager joins it."""
    with db.session():
        ReelRepository(db).create(Reel(title=title))
        raise HTTPException(400, "refused after the write")


@router.post("/apart/{title}")
def apart(title: str, session: OpenSession, db: Manager) -> Any:
    """A dependency's session is not found from the manager: another thread with another context."""
    return {"seen": ReelRepository(db).exists(), "session": ReelRepository(session).exists()}


async def open_in_the_loop(db: Manager) -> AsyncIterator[Session]:
    with db.session() as session:
        yield session


@router.post("/crossed/{title}", dependencies=[Depends(open_in_the_loop, scope="function")])
def crossed(title: str, db: Manager) -> None:
    """An asynchronous dependency's context is inherited by the endpoint, which runs in another thread."""
    ReelRepository(db).create(Reel(title=title))


@router.post("/orphans")
def orphan(session: OpenSession) -> Any:
    """Goes wrong at the commit: there is no such reel."""
    BaseRepository[Take](session).create(Take(reel_id=-1))
    return {"status": "created"}


@router.post("/late-orphans")
def late_orphan(session: LateSession) -> Any:
    BaseRepository[Take](session).create(Take(reel_id=-1))
    return {"status": "created"}


@router.post("/slow/{title}")
def slow(title: str, reels: Reels, refuse: bool = False) -> Any:
    """Hold the session over another request's life, and tell what it has seen of others."""
    reel = reels.create(Reel(title=title))
    time.sleep(0.005)
    if refuse:
        raise HTTPException(400, "refused after the write")
    return {"title": reel.title, "held": [o.title for o in reels.db_session if isinstance(o, Reel)]}


@router.post("/later/{title}")
def later(title: str, reels: Reels, tasks: BackgroundTasks, db: Manager) -> None:
    """A background task runs when the session is over: it works on the manager."""
    reels.create(Reel(title=title))
    tasks.add_task(lambda: ReelRepository(db).create(Reel(title=f"{title}, later")))


@router.post("/too-late/{title}")
def too_late(title: str, reels: Reels, tasks: BackgroundTasks) -> None:
    """A background task with the request's own repository, whose session is over."""
    tasks.add_task(reels.create, Reel(title=title))


async def on_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DatabaseError)
    return JSONResponse(*answer_to(error))


def create_app(db: DatabaseManager) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with db:
            yield

    app = FastAPI(lifespan=lifespan)
    app.state.db = db
    app.include_router(router)
    for kind in STATUS:
        app.add_exception_handler(kind, on_error)
    return app
