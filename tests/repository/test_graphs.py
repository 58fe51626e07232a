"""What repositories are made of and stand on: models of all shapes, given sessions, overridden operations."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from typing import Any, TypeVar

import pytest
from sqlalchemy import Column, ForeignKey, String, Table, create_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    mapped_column,
    relationship,
    scoped_session,
    sessionmaker,
)

from colonnade import (
    AsyncBaseRepository,
    AsyncDatabaseManager,
    BaseRepository,
    DatabaseManager,
    RepositoryOperations,
    operation,
)
from colonnade.errors import (
    ConfigurationError,
    ForeignKeyViolationError,
    RelationshipNotLoadedError,
    TransactionError,
    UniqueViolationError,
)
from tests.faces import Face
from tests.repository.models import Base, Clip, Video

T = TypeVar("T")


class Foreign(DeclarativeBase):
    """A base that isn't ours, without names for constraints."""


class Owner(Foreign):
    __tablename__ = "order"  # a reserved word
    id: Mapped[int] = mapped_column("key", primary_key=True)
    name: Mapped[str] = mapped_column("select", String(50), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("order.key"))
    children: Mapped[list[Owner]] = relationship(cascade="all, delete-orphan", back_populates="parent")
    parent: Mapped[Owner | None] = relationship(remote_side=[id], back_populates="children")
    tags: Mapped[set[Tag]] = relationship(secondary=lambda: tagging, back_populates="owners")
    parts: Mapped[list[Part]] = relationship(lazy="joined", order_by="Part.number")


tagging = Table(
    "tagging",
    Foreign.metadata,
    Column("owner", ForeignKey("order.key"), primary_key=True),
    Column("tag", ForeignKey("tag.id"), primary_key=True),
)


class Tag(Foreign):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(50))
    owners: Mapped[set[Owner]] = relationship(secondary=tagging, back_populates="tags")


class Part(Foreign):
    """Its owner is a part of its key, and can't be taken out of it."""

    __tablename__ = "part"
    owner_id: Mapped[int] = mapped_column(ForeignKey("order.key"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)


class DataBase(MappedAsDataclass, DeclarativeBase): ...


class Point(DataBase):
    __tablename__ = "point"
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    x: Mapped[int] = mapped_column(unique=True)
    y: Mapped[int] = mapped_column(default=3)


@pytest.fixture
def foreign(faced: Face, face_url: str) -> Iterator[Any]:
    kind: Any = faced.pick(DatabaseManager, AsyncDatabaseManager)
    face: Any = faced.pick(BaseRepository, AsyncBaseRepository)
    for metadata in (DataBase.metadata, Foreign.metadata):
        with faced.entered(kind(face_url, metadata=metadata)):
            pass
    with faced.entered(kind(face_url)) as manager:
        yield lambda model: face[model](manager)


class TestForeignModels:
    def test_a_graph(self, faced: Face, foreign: Any) -> None:
        run, owners = faced.run, foreign(Owner)
        tag = run(foreign(Tag).create(Tag(word="t")))
        root = Owner(name="root", children=[Owner(name="a"), Owner(name="b")], tags={tag, Tag(word="u")})
        root.parts = [Part(number=1), Part(number=2)]
        run(owners.create(root))
        assert {child.parent_id for child in root.children} == {root.id}
        found = run(owners.get(root.id, load=("children", "tags", "parts")))
        assert sorted(child.name for child in found.children) == ["a", "b"]
        assert {tag.word for tag in found.tags} == {"t", "u"} and len(found.parts) == 2
        assert len(run(owners.find(limit=2, order_by="name"))) == 2 and run(owners.count()) == 3
        assert len(run(owners.page(limit=3, order_by="-name")).items) == 3
        assert [len(one.parts) for one in faced.collected(owners.stream(batch=2, order_by="name"))] == [
            0,
            0,
            2,
        ]
        found.children.pop()
        found.tags.clear()
        run(owners.save(found))
        again = run(owners.get(root.id, load=("children.children", "tags")))
        assert len(again.children) == 1 and again.tags == set()
        with pytest.raises(ForeignKeyViolationError):
            run(owners.delete(root.id))
        for number in (1, 2):
            assert run(foreign(Part).delete((root.id, number))) is True
        assert run(owners.delete(root.id)) is True
        assert run(owners.count()) == 0 and run(foreign(Tag).count()) == 2

    def test_names_in_the_database_are_other_ones(self, faced: Face, foreign: Any) -> None:
        run, owners = faced.run, foreign(Owner)
        made, _ = run(owners.get_or_create(name="a"))
        assert run(owners.get_or_create(name="a"))[0].id == made.id
        with pytest.raises(UniqueViolationError) as raised:
            run(owners.create(Owner(name="a")))
        assert raised.value.entity == "Owner"
        assert run(owners.upsert(Owner(name="a", parent_id=made.id), on="name")).id == made.id
        assert run(owners.update_many([{"id": made.id, "name": "b"}])) == 1
        assert run(owners.update_where({"name": Owner.name + "c"}, Owner.id == made.id)) == 1
        assert run(owners.get({"id": made.id})).name == "bc"
        assert [one.id for one in run(owners.page(order_by="-name")).items] == [made.id]
        assert run(owners.update(made.id, {"parent_id": None})).parent_id is None
        assert run(owners.delete_many([made.id])) == 1

    def test_dataclasses(self, faced: Face, foreign: Any) -> None:
        run, points = faced.run, foreign(Point)
        point = run(points.create(Point(x=1)))
        assert (point.id, point.y) == (1, 3)
        assert (
            run(points.get_or_create(x=1))[1] is False and run(points.get_or_create({"y": 4}, x=2))[0].y == 4
        )
        assert run(points.upsert(Point(x=1, y=9), on="x")).id == 1
        assert run(points.get(1)).y == 9


class TestModels:
    """Where a repository knows its model from."""

    def test_each_way(self, sqlite_url: str) -> None:
        class Generically(BaseRepository[T]): ...

        class Derived(Generically[Video]): ...

        class Named(BaseRepository[Any]):
            model = Video

        class Mixin(RepositoryOperations[Video]): ...

        class Mixed(Mixin, BaseRepository[Video]): ...

        class Bare(Mixin, BaseRepository): ...  # type: ignore[type-arg]

        class Deeper(Derived):
            def __init__(self, database: Any) -> None:
                super().__init__(database)
                self.known = self.model

        with DatabaseManager(sqlite_url, metadata=Base.metadata) as db:
            repositories: list[Any] = [
                BaseRepository[Video],
                Generically[Video],
                Derived,
                Named,
                Mixed,
                Bare,
                Deeper,
            ]
            for make in repositories:
                assert make(db).model is Video and make(db).count() == 0
            assert Derived.model is Video

    def test_none(self, sqlite_url: str) -> None:
        class Open(BaseRepository[T]): ...

        with DatabaseManager(sqlite_url, metadata=Base.metadata) as db:
            for make in (BaseRepository, Open, BaseRepository["Video"]):  # type: ignore[type-arg]
                with pytest.raises(ConfigurationError, match="model"):
                    make(db).count()
            for model in (int, Session):
                with pytest.raises(ConfigurationError, match=model.__name__):
                    BaseRepository[model](db).count()  # type: ignore[valid-type]

    def test_the_wrong_face(self, sqlite_url: str) -> None:
        with DatabaseManager(sqlite_url) as db, Session(db.engine) as session:
            for source in (db, session, None, "sqlite://", db.engine):
                with pytest.raises(ConfigurationError):
                    AsyncBaseRepository[Video](source)
            adb = AsyncDatabaseManager(sqlite_url)
            for wrong in (adb, None, 5, db.engine):
                with pytest.raises(ConfigurationError):
                    BaseRepository[Video](wrong)


class TestGivenSessions:
    """Nothing is committed, and nothing opened: the session is its owner's."""

    def test_a_session(self, sync_url: str) -> None:
        engine = create_engine(sync_url)
        Base.metadata.create_all(engine)
        scoped = scoped_session(sessionmaker(engine))
        for session in (Session(engine), Session(engine, autoflush=False), scoped):
            videos = BaseRepository[Video](session)
            video = videos.create(Video(path="a", clips=[Clip()]))
            video.title = "unsaved"
            assert videos.update(video.id, {"plays": 3}).title == "unsaved"
            assert videos.get_one(video.id, for_update=True) is video
            assert len(videos.get_one(video.id).clips) == 1
            assert videos.upsert(Video(path="a", plays=4), on="path") is video and video.plays == 4
            assert videos.get_or_create(path="b")[1] is True
            with pytest.raises(ForeignKeyViolationError), session.begin_nested():
                videos.delete(video.id)
            assert videos.update_where({"plays": 8}) == 2 and video.plays == 8
            assert [one.path for one in videos.stream(batch=1, order_by="path")] == ["a", "b"]
            assert videos.page(limit=1).next_cursor
            with pytest.raises(TransactionError, match="begin_nested"):
                _ = videos.db
            session.rollback()
            assert videos.count() == 0
            session.close()
        engine.dispose()

    def test_an_async_session(self, async_url: str) -> None:
        async def main() -> None:
            from sqlalchemy.ext.asyncio import (
                AsyncSession,
                async_scoped_session,
                async_sessionmaker,
                create_async_engine,
            )

            engine = create_async_engine(async_url)
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            scoped = async_scoped_session(async_sessionmaker(engine), asyncio.current_task)
            for session in (AsyncSession(engine), scoped):
                videos = AsyncBaseRepository[Video](session)
                made = await videos.create(Video(path="a", clips=[Clip()]))
                assert (await videos.update(made.id, {"plays": Video.plays + 3})).plays == 3
                assert (await videos.get_or_create(path="b"))[1] is True
                assert (await videos.get_or_create(path="b"))[1] is False
                assert (await videos.upsert(Video(path="a", plays=4), on="path")) is made
                assert [one.path async for one in videos.stream(batch=1, order_by="path")] == ["a", "b"]
                found = (await videos.find(Video.path == "b"))[0]
                with pytest.raises(RelationshipNotLoadedError):
                    _ = found.clips
                await session.rollback()
                assert await videos.count() == 0
                await session.close()
            await engine.dispose()

        asyncio.run(main())


class AwaitingRepository(AsyncBaseRepository[Video]):
    """One face only, its overrides written with `async def`."""

    async def get(self, id: Any, **options: Any) -> Video | None:  # type: ignore[override]  # pyright: ignore
        video = await super().get(id, **options)
        if video is not None:
            video.heading = f"{video.heading}!"
        return video

    async def stream(self, *criteria: Any, **options: Any) -> AsyncGenerator[Video, None]:  # type: ignore[override]  # pyright: ignore
        async for video in super().stream(*criteria, **options):
            yield video
            yield video

    @operation
    def headings(self, id: int) -> list[str]:
        found: Any = self.get(id)
        return [found.heading, self.get_one(id).heading, *(one.path for one in self.stream())]  # type: ignore


def test_an_override_with_async_def_is_called_plainly_in_a_body(async_url: str) -> None:
    async def main() -> None:
        async with AsyncDatabaseManager(async_url, metadata=Base.metadata) as db:
            videos = AwaitingRepository(db)
            video = await videos.create(Video(path="a", heading="h"))
            found = await videos.get(video.id)
            assert found is not None and found.heading == "h!"
            assert await videos.headings(video.id) == ["h!", "h!!", "a", "a"]
            assert [one.path async for one in videos.stream()] == ["a", "a"]
            assert asyncio.iscoroutinefunction(videos.get) and asyncio.iscoroutinefunction(
                AwaitingRepository.get
            )

    asyncio.run(main())


def test_threads_share_a_repository(sync_url: str) -> None:
    with DatabaseManager(sync_url, metadata=Base.metadata) as db:
        videos, errors = BaseRepository[Video](db), []

        def work(name: int) -> None:
            try:
                for number in range(10):
                    with db.session():
                        video = videos.create(Video(path=f"{name} {number}"))
                        assert videos.update(video.id, {"plays": number}) is video
                    assert videos.get_one(video.id).plays == number
            except Exception as error:  # noqa: BLE001 (given to the test)
                errors.append(error)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors and videos.count() == 80
