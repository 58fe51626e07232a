"""Objects and sessions: locks, other sessions, what comes back, inheritance; on all seven drivers."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from colonnade import DatabaseManager
from colonnade.errors import (
    RelationshipNotLoadedError,
    TransactionError,
)
from tests.faces import Face
from tests.repository.models import (
    Base,
    Boss,
    Clip,
    Engineer,
    Person,
    Size,
    Video,
    saved,
)

Repositories = Callable[..., Any]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class TestLocking:
    @pytest.mark.parametrize("name", ["get", "get_one", "find", "first", "one"])
    def test_outside_a_session_it_is_refused(self, faced: Face, videos: Any, name: str) -> None:
        (video,) = saved(faced, videos, "a")
        argument = (video.id,) if name.startswith("get") else (Video.path == "a",)
        with pytest.raises(TransactionError, match="session"):
            faced.run(getattr(videos, name)(*argument, for_update=True))

    def test_locked_rows_are_skipped(self, sync_url: str) -> None:
        with DatabaseManager(sync_url, metadata=Base.metadata) as db, DatabaseManager(sync_url) as other:
            from colonnade import BaseRepository

            here, there = BaseRepository[Video](db), BaseRepository[Video](other)
            here.create_many([Video(path="a"), Video(path="b")])
            with db.session():
                assert here.get_one(1, for_update=True).path == "a"
                if db.engine.name == "sqlite":
                    return
                with other.session():
                    found = there.find(for_update=True, skip_locked=True, order_by="id")
                    assert [one.path for one in found] == ["b"]
                    assert there.first(for_update=True, skip_locked=True, order_by="id") is found[0]
                    assert there.get(1, for_update=True, skip_locked=True) is None

    def test_it_reads_anew(self, faced: Face, db: Any, videos: Any) -> None:
        (video,) = saved(faced, videos, "a")
        with faced.entered(db.session()):
            held = faced.run(videos.get(video.id))
            held.plays = 5
            assert faced.run(videos.get(video.id, for_update=True)) is held
            assert held.plays == 5


class TestAnotherSessionsObjects:
    def test_are_refused(self, faced: Face, db: Any, videos: Any, repository: Repositories) -> None:
        (video,) = saved(faced, videos, "a")
        clips = repository(Clip)
        foreign = db.session_factory()
        calls: list[Callable[[Any, Any], Any]] = [
            lambda held, new: videos.save(held),
            lambda held, new: videos.create(new),
            lambda held, new: videos.save(new),
            lambda held, new: videos.upsert(new, on="path"),
            lambda held, new: videos.create_many([Video(path="b"), new]),
            lambda held, new: videos.upsert_many([new], on="path"),
            lambda held, new: clips.create(Clip(video=held)),
            lambda held, new: clips.create_many([Clip(video=held)]),
            lambda held, new: clips.upsert(Clip(id=5, video=held)),
        ]
        for call in calls:
            held, new = faced.run(foreign.get(Video, video.id)), Video(path="new")
            foreign.add(new)
            with pytest.raises(TransactionError, match="session"):
                faced.run(call(held, new))
            foreign.expunge_all()
        held = faced.run(foreign.get(Video, video.id))
        with faced.entered(db.session()) as session:
            with pytest.raises(TransactionError):
                faced.run(clips.create(clip := Clip(video=held)))
            assert clip not in session
        faced.run(foreign.close())
        assert faced.run(videos.count()) == 1 and faced.run(clips.count()) == 0


class TestObjectsAfterTheCall:
    def test_what_is_unloaded_names_its_load(self, faced: Face, db: Any, videos: Any) -> None:
        (made,) = saved(faced, videos, "a", notes="n")

        def from_session() -> Any:
            with faced.entered(db.session()):
                return faced.run(videos.get(made.id))

        async def in_session() -> Any:
            async with db.session():
                return _unloaded(await videos.get(made.id))

        for get in (
            lambda: faced.run(videos.get(made.id)),
            lambda: faced.run(videos.find())[0],
            lambda: faced.run(videos.list())[0],
            lambda: faced.run(videos.page()).items[0],
            lambda: faced.collected(videos.stream())[0],
            lambda: faced.run(videos.update(made.id, {"plays": 1})),
            lambda: faced.run(videos.save(faced.run(videos.get(made.id)))),
            lambda: faced.run(videos.get_or_create(path="a"))[0],
            from_session,
        ):
            _unloaded(get())
            _unloaded(pickle.loads(pickle.dumps(get())))
        created = faced.run(videos.create(Video(path="b")))
        with pytest.raises(RelationshipNotLoadedError, match="load=.?clips"):
            _ = created.clips
        with pytest.raises(RelationshipNotLoadedError, match="load=.?notes"):
            _ = created.notes
        if faced.is_async:
            faced.run(in_session())

    def test_they_join_a_session_later(self, faced: Face, db: Any, videos: Any) -> None:
        video = faced.run(videos.create(Video(path="a", clips=[Clip()])))
        again = pickle.loads(pickle.dumps(faced.run(videos.get(video.id))))
        with faced.entered(db.session()) as session:
            session.add(again)
            again.plays = 3
            if not faced.is_async:
                assert len(again.clips) == 1
        assert faced.run(videos.get(video.id)).plays == 3


def _unloaded(video: Any) -> None:
    assert (video.path, video.size, video.next_plays - video.plays, video.doubled) == (
        "a",
        Size(None, None),
        1,
        video.plays * 2,
    )
    with pytest.raises(RelationshipNotLoadedError, match="load=.?clips") as raised:
        _ = video.clips
    assert (raised.value.entity, tuple(raised.value.columns)) == ("Video", ("clips",))
    with pytest.raises(RelationshipNotLoadedError, match="load=.?notes"):
        _ = video.notes


class TestInheritance:
    @pytest.fixture
    def people(self, faced: Face, repository: Repositories) -> Any:
        given = [Engineer(id=1, name="e", skill="s"), Boss(id=2, name="b", team="t"), Person(id=3, name="p")]
        faced.run(repository(Person).create_many([*given, Engineer(id=4, name="f")]))
        return repository(Person)

    def test_reading(self, faced: Face, people: Any, repository: Repositories) -> None:
        engineers, bosses = repository(Engineer), repository(Boss)
        run = faced.run
        assert [type(one) for one in run(people.list())] == [Engineer, Boss, Person, Engineer]
        assert [one.skill for one in run(engineers.list())] == ["s", None]
        assert (run(engineers.count()), run(bosses.count()), run(people.count())) == (2, 1, 4)
        assert run(engineers.exists(Engineer.name == "b")) is False
        assert run(engineers.get(2)) is None and run(bosses.get(2)).team == "t"
        assert [one.name for one in run(engineers.page(order_by="-name")).items] == ["f", "e"]
        assert len(faced.collected(engineers.stream())) == 2
        skill = run(people.get(1))
        with pytest.raises(RelationshipNotLoadedError):
            _ = skill.skill

    def test_locking(self, faced: Face, db: Any, people: Any, repository: Repositories) -> None:
        with faced.entered(db.session()):
            assert faced.run(repository(Engineer).get(1, for_update=True)).skill == "s"
            assert faced.run(people.get(1, for_update=True)).name == "e"

    def test_writing(self, faced: Face, people: Any, repository: Repositories) -> None:
        engineers, bosses = repository(Engineer), repository(Boss)
        run = faced.run
        assert run(engineers.update(1, {"name": "x", "skill": "y"})).skill == "y"
        assert run(engineers.update_where({"name": "z", "skill": "w"}, Engineer.skill == "y")) == 1
        assert run(engineers.get(1)).name == "z"
        assert run(bosses.update_where({"name": "c"})) == 1
        assert [one.name for one in run(people.list())] == ["z", "c", "p", "f"]
        assert run(engineers.upsert(Engineer(id=1, skill="v"))).name == "z"
        assert run(bosses.delete_where(everything=True)) == 1
        assert run(engineers.delete_where(Engineer.skill == "v")) == 1
        assert [one.name for one in run(people.list())] == ["p", "f"]
        assert run(people.delete(4)) is True
        assert run(people.delete_where(everything=True)) == 1
