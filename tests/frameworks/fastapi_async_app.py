"""FastAPI with asynchronous dependencies and endpoints: one task a request, whose session is joined."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import anyio.from_thread
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncSession

from colonnade import AsyncBaseRepository, AsyncDatabaseManager
from tests.frameworks.answers import STATUS
from tests.frameworks.fastapi_app import on_error
from tests.frameworks.models import AsyncReelRepository, Reel, Take

router = APIRouter()


def manager(request: Request) -> AsyncDatabaseManager:
    adb: AsyncDatabaseManager = request.app.state.db
    return adb


Manager = Annotated[AsyncDatabaseManager, Depends(manager)]


async def open_session(adb: Manager) -> AsyncIterator[AsyncSession]:
    async with adb.session() as session:
        yield session


in_session = Depends(open_session, scope="function")
in_late_session = Depends(open_session)


def reels(adb: Manager) -> AsyncReelRepository:
    return AsyncReelRepository(adb)


Reels = Annotated[AsyncReelRepository, Depends(reels)]


@router.post("/reels/{title}", status_code=201, dependencies=[in_session])
async def create(title: str, reels: Reels) -> Any:
    """Two calls on the manager, both in the session that the dependency has opened."""
    await reels.create(Reel(title=title))
    return {"id": (await reels.titled(title)).id}


@router.get("/reels/{title}")
async def read(title: str, reels: Reels) -> Any:
    return {"id": (await reels.titled(title)).id}


@router.post("/refused/{title}", dependencies=[in_session])
async def refused(title: str, reels: Reels) -> None:
    await reels.create(Reel(title=title))
    raise HTTPException(400, "refused after the write")


@router.post("/broken/{title}", dependencies=[in_session])
async def broken(title: str, reels: Reels) -> None:
    await reels.create(Reel(title=title))
    raise ZeroDivisionError


@router.post("/given/{title}")
async def given(title: str, session: Annotated[AsyncSession, in_session]) -> None:
    """A repository on the session itself, which gathers no rules about tasks."""
    await AsyncReelRepository(session).create(Reel(title=title))
    raise HTTPException(400, "refused after the write")


@router.post("/orphans", dependencies=[in_session])
async def orphan(adb: Manager) -> None:
    await AsyncBaseRepository[Take](adb).create(Take(reel_id=-1))


@router.post("/late-orphans", dependencies=[in_late_session])
async def late_orphan(adb: Manager) -> Any:
    await AsyncBaseRepository[Take](adb).create(Take(reel_id=-1))
    return {"status": "created"}


@router.post("/threaded/{title}", dependencies=[in_session])
def threaded(title: str, reels: Reels) -> None:
    """A synchronous endpoint runs in a worker thread; what it sends back to the loop is another task."""
    anyio.from_thread.run(reels.create, Reel(title=title))


@router.post("/gathered/{title}", dependencies=[in_session])
async def gathered(title: str, reels: Reels) -> None:
    await asyncio.gather(reels.create(Reel(title=title)), reels.create(Reel(title=title + "!")))


@router.post("/gathered-alone/{title}")
async def gathered_alone(title: str, reels: Reels) -> None:
    """Without a session around them, each of the calls is its own transaction."""
    await asyncio.gather(reels.create(Reel(title=title)), reels.create(Reel(title=title + "!")))


@router.post("/slow/{title}", dependencies=[in_session])
async def slow(title: str, reels: Reels, refuse: bool = False) -> Any:
    reel = await reels.create(Reel(title=title))
    await asyncio.sleep(0.005)
    if refuse:
        raise HTTPException(400, "refused after the write")
    return {"title": reel.title, "held": [o.title for o in reels.async_session if isinstance(o, Reel)]}


async def add_later(reels: AsyncReelRepository, title: str) -> None:
    await reels.create(Reel(title=title))


async def add_and_fail(reels: AsyncReelRepository, title: str) -> None:
    await reels.create(Reel(title=title))
    raise ZeroDivisionError


@router.post("/later/{title}", dependencies=[in_session])
async def later(title: str, reels: Reels, tasks: BackgroundTasks) -> None:
    await reels.create(Reel(title=title))
    tasks.add_task(add_later, reels, f"{title}, later")
    tasks.add_task(add_and_fail, reels, f"{title}, last")


@router.post("/late-later/{title}", dependencies=[in_late_session])
async def late_later(title: str, reels: Reels, tasks: BackgroundTasks) -> None:
    """With FastAPI's default scope the session is still open around the background tasks."""
    await reels.create(Reel(title=title))
    tasks.add_task(add_and_fail, reels, f"{title}, last")


def create_app(adb: AsyncDatabaseManager) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with adb:
            yield

    app = FastAPI(lifespan=lifespan)
    app.state.db = adb
    app.include_router(router)
    for kind in STATUS:
        app.add_exception_handler(kind, on_error)
    return app
