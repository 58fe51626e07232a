"""What each operation does and refuses, on all seven drivers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import aclosing, closing
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func

from colonnade import BaseRepository, DatabaseManager
from colonnade.errors import (
    EntityNotFoundError,
    EntityValidationError,
    MultipleEntitiesError,
    UniqueViolationError,
)
from tests.faces import Face
from tests.repository.models import (
    Base,
    Clip,
    Colour,
    Day,
    Note,
    Paint,
    Seat,
    Token,
    Tone,
    Video,
    Word,
    saved,
)

Repositories = Callable[..., Any]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

KEYS: list[tuple[type, list[Any]]] = [
    (Word, ["b", "a", "ß", "a "]),
    (Token, [uuid.UUID(int=2), uuid.UUID(int=1), uuid.UUID(int=3)]),
    (Paint, [Colour.RED, Colour.BLUE]),
    (Note, [Tone.HIGH, Tone.LOW]),
    (Day, [date(2024, 2, 29), date(1999, 1, 1), date(2030, 1, 1)]),
    (Seat, [("a", 2), ("a", 1), ("b", 1)]),
    (Video, [3, 1, 2]),
]


def entity(model: type, key: Any) -> Any:
    if model is Video:
        return Video(id=key, path=str(key))
    names = {Word: "word", Token: "id", Paint: "colour", Note: "tone", Day: "day"}
    return Seat(row=key[0], number=key[1]) if model is Seat else model(**{names[model]: key})


def key(one: Any) -> Any:
    from sqlalchemy import inspect

    identity = inspect(one).identity
    return identity if len(identity) > 1 else identity[0]


@pytest.mark.parametrize(("model", "keys"), KEYS, ids=[model.__name__ for model, _ in KEYS])
def test_keys_of_every_type(faced: Face, repository: Repositories, model: type, keys: list[Any]) -> None:
    rows, first, last = repository(model), keys[0], keys[-1]
    field = "plays" if model is Video else "value"
    run = faced.run
    run(rows.create(entity(model, first)))
    run(rows.create_many(entity(model, key) for key in keys[1:]))
    assert [key(one) for one in run(rows.get_many([*keys, first]))] == [*keys, first]
    assert key(run(rows.get(first))) == first and key(run(rows.get_one(last))) == last
    assert getattr(run(rows.update(first, {field: 5})), field) == 5
    assert getattr(run(rows.get(first)), field) == 5
    name = {"Seat": None}.get(model.__name__, "")
    if name is None:
        assert run(rows.get({"number": 2, "row": "a"})) is not None
        changes = [{"row": row, "number": number, field: 9} for row, number in keys]
        found, created = run(rows.get_or_create(row="a", number=2))
    else:
        from colonnade.models.fields import fields_of

        (name,) = fields_of(model).key
        changes = [{name: key, field: 9} for key in keys]
        found, created = run(rows.get_or_create(**{name: first}))
    assert (key(found), created) == (first, False)
    assert run(rows.update_many(changes)) == len(keys)
    assert [getattr(one, field) for one in run(rows.get_many(keys))] == [9] * len(keys)
    again = entity(model, first)
    setattr(again, field, 11)
    assert run(rows.upsert(again)) is again
    assert getattr(run(rows.get(first)), field) == 11
    listed = faced.collected(rows.stream(batch=1))
    assert sorted(key(one) for one in listed) == sorted(keys) if model not in (Paint,) else len(listed) == 2
    seen, cursor = [], None
    for _ in keys:
        page = run(rows.page(limit=1, cursor=cursor))
        seen += [key(one) for one in page.items]
        cursor = page.next_cursor
    assert set(seen) == set(keys) and cursor is None
    assert run(rows.delete(first)) is True and run(rows.delete(first)) is False
    assert run(rows.get(first)) is None
    with pytest.raises(EntityNotFoundError):
        run(rows.get_one(first))
    with pytest.raises(EntityNotFoundError):
        run(rows.update(first, {field: 5}))
    assert run(rows.delete_many(keys)) == len(keys) - 1
    assert run(rows.count()) == 0


def test_an_enumerations_member_may_be_named_by_its_text(faced: Face, repository: Repositories) -> None:
    for model, name, member, word in (
        (Note, "tone", Tone.HIGH, "high"),
        (Paint, "colour", Colour.RED, "RED"),
    ):
        rows = repository(model)
        faced.run(rows.create(entity(model, member)))
        assert [key(one) for one in faced.run(rows.get_many([word]))] == [member]
        assert key(faced.run(rows.get(word))) is member
        assert faced.run(rows.update_many([{name: word, "value": 2}])) == 1
        with pytest.raises(EntityValidationError, match=model.__name__):
            faced.run(rows.get("no such member"))


def test_a_datetime_is_no_date(faced: Face, repository: Repositories) -> None:
    with pytest.raises(EntityValidationError, match="Day"):
        faced.run(repository(Day).get(datetime(2020, 1, 1)))


class TestCreating:
    def test_what_comes_back_is_complete(self, faced: Face, videos: Any) -> None:
        video = Video(path="a", clips=[Clip(), Clip(label="b")])
        assert faced.run(videos.create(video)) is video
        assert (video.title, video.plays, video.weight, video.next_plays) == ("untitled", 0, 7, 1)
        assert video.created_at == video.updated_at
        assert [(clip.video_id, clip.label) for clip in video.clips] == [(video.id, "clip"), (video.id, "b")]

    def test_many(self, faced: Face, videos: Any) -> None:
        made = saved(faced, videos, *(f"{n}" for n in range(2_500)))
        assert len({video.id for video in made}) == 2_500
        assert {(video.title, video.weight, video.next_plays) for video in made} == {("untitled", 7, 1)}
        stored = {video.id: video.path for video in faced.collected(videos.stream())}
        assert stored == {video.id: video.path for video in made}

    def test_expressions_are_values(self, faced: Face, videos: Any) -> None:
        length = func.length("abc")
        assert faced.run(videos.create(Video(path="a", plays=length))).plays == 3
        many = [Video(path="b", plays=length), Video(path="c", plays=4)]
        assert [video.plays for video in faced.run(videos.create_many(many))] == [3, 4]
        video, created = faced.run(videos.get_or_create({"plays": length}, path="d"))
        assert (video.plays, created) == (3, True)
        assert faced.run(videos.upsert(Video(path="d", plays=length + 1), on="path")).plays == 4
        assert faced.run(videos.upsert(Video(path="e", plays=length + 1), on="path")).plays == 4
        detached = faced.run(videos.get(video.id))
        detached.plays = Video.plays + 10
        assert faced.run(videos.save(detached)).plays == 14

    def test_a_failure_stores_nothing_and_may_be_repeated(self, faced: Face, videos: Any) -> None:
        saved(faced, videos, "taken")
        video = Video(path="taken", clips=[Clip()])
        with pytest.raises(UniqueViolationError) as raised:
            faced.run(videos.create(video))
        assert (raised.value.entity, tuple(raised.value.columns)) == ("Video", ("path",))
        with pytest.raises(UniqueViolationError):
            faced.run(videos.create_many([Video(path="new"), Video(path="taken")]))
        assert faced.run(videos.count()) == 1
        video.path = "free"
        assert len(faced.run(videos.create(video)).clips) == 1

    def test_what_is_stored_or_of_another_class_is_refused(self, faced: Face, videos: Any) -> None:
        (video,) = saved(faced, videos, "a")
        for wrong in (video, Clip(), None, {"path": "b"}):
            for call in (videos.create, lambda one: videos.create_many([Video(path="b"), one])):
                with pytest.raises(EntityValidationError):
                    faced.run(call(wrong))
        for wrong in (Clip(), None):
            for call in (videos.save, videos.upsert):
                with pytest.raises(EntityValidationError):
                    faced.run(call(wrong))
        assert faced.run(videos.count()) == 1

    def test_a_key_that_the_session_holds_is_taken(self, faced: Face, db: Any, videos: Any) -> None:
        (video,) = saved(faced, videos, "a")
        for call in (videos.create, videos.save, lambda one: videos.create_many([one])):
            with pytest.raises(UniqueViolationError) as raised, faced.entered(db.session()):
                assert faced.run(videos.get(video.id)) is not None
                faced.run(call(Video(id=video.id, path="b")))
            assert tuple(raised.value.columns) == ("id",) and faced.run(videos.count()) == 1
            assert raised.value.entity == "Video"

    def test_in_a_session_it_is_visible_and_undone_with_it(self, faced: Face, db: Any, videos: Any) -> None:
        with pytest.raises(KeyError), faced.entered(db.session()):
            video = saved(faced, videos, "a")[0]
            assert faced.run(videos.get(video.id)) is video
            raise KeyError
        assert faced.run(videos.count()) == 0


class TestReading:
    def test_many_keys(self, faced: Face, videos: Any) -> None:
        a, b, c = (video.id for video in saved(faced, videos, "a", "b", "c"))
        assert [one.id for one in faced.run(videos.get_many([c, 99, a, c]))] == [c, a, c]
        assert faced.run(videos.get_many([])) == []
        assert [one.id for one in faced.run(videos.get_many(n for n in [b, a]))] == [b, a]
        assert len(faced.run(videos.get_many([a, *(-n for n in range(25_000))]))) == 1

    @pytest.mark.parametrize("wrong", [None, "1", 1.5, True, (1, 2), {"title": 1}, 2**63])
    def test_what_is_no_key_is_refused(self, faced: Face, videos: Any, wrong: Any) -> None:
        for call in (videos.get, videos.get_one, videos.delete, lambda id: videos.update(id, {"plays": 1})):
            with pytest.raises(EntityValidationError):
                faced.run(call(wrong))
        for call in (videos.get_many, videos.delete_many):
            with pytest.raises(EntityValidationError):
                faced.run(call([wrong]))

    def test_lists(self, faced: Face, videos: Any) -> None:
        saved(faced, videos, *"dcba")
        paths = lambda found: "".join(one.path for one in found)  # noqa: E731
        run = faced.run
        assert paths(run(videos.list())) == "dcba"
        assert paths(run(videos.list(1, 2))) == "cb" and run(videos.list(limit=0)) == []
        assert paths(run(videos.list(skip=1))) == "cba" and paths(run(videos.list(order_by="path"))) == "abcd"
        found, count = run(videos.list_and_count(1, 2, Video.path > "a", order_by="-path"))
        assert (paths(found), count) == ("cb", 3)
        assert paths(run(videos.find(order_by=Video.path.desc(), skip=1, limit=2))) == "cb"
        assert paths(run(videos.find(Video.path.in_(["a", "b"]), Video.plays == 0, order_by="path"))) == "ab"
        assert paths(run(videos.find(filters={"path": ["a", "d"]}, order_by=("-plays", "path")))) == "ad"
        assert run(videos.first(order_by="path")).path == "a" and run(videos.first()).path == "d"
        assert run(videos.first(Video.plays > 3)) is None
        assert run(videos.one(Video.path == "a")).path == "a"
        with pytest.raises(MultipleEntitiesError):
            run(videos.one())
        with pytest.raises(EntityNotFoundError):
            run(videos.one(Video.path == "z"))
        assert (
            run(videos.exists(Video.path == "a")) is True and run(videos.exists(Video.path == "z")) is False
        )
        assert run(videos.count()) == 4 and run(videos.count(Video.path > "b")) == 2
        for wrong in ({"skip": -1}, {"limit": -1}):
            with pytest.raises(EntityValidationError):
                run(videos.list(**wrong))

    def test_a_related_classs_columns_may_be_criteria(self, faced: Face, videos: Any) -> None:
        faced.run(videos.create(Video(path="a", clips=[Clip(), Clip()])))
        saved(faced, videos, "b")
        has_clips = Video.clips.any()
        assert faced.run(videos.count(has_clips)) == 1 and faced.run(videos.exists(~has_clips)) is True
        assert [one.path for one in faced.run(videos.page(has_clips)).items] == ["a"]

    def test_a_name_that_is_wrong_is_told_with_the_nearest(self, faced: Face, videos: Any) -> None:
        for call in (
            lambda: videos.find(filters={"pathh": 1}),
            lambda: videos.find(order_by="-pathh"),
            lambda: videos.find(load="pathh"),
            lambda: videos.get_or_create(pathh="a"),
            lambda: videos.get_or_create({"pathh": "a"}, path="a"),
            lambda: videos.update(1, {"pathh": "a"}),
            lambda: videos.update_many([{"id": 1, "pathh": "a"}]),
            lambda: videos.update_where({"pathh": "a"}),
            lambda: videos.upsert(Video(path="a"), on="pathh"),
            lambda: videos.page(order_by="pathh"),
        ):
            with pytest.raises(EntityValidationError, match="path'"):
                faced.run(call())
        assert faced.run(videos.count()) == 0

    def test_pages(self, faced: Face, videos: Any) -> None:
        saved(faced, videos, *"abcde")
        page = faced.run(videos.page(Video.path != "c", order_by="-path", limit=3))
        assert [one.path for one in page.items] == ["e", "d", "b"] and page.previous_cursor is None
        last = faced.run(videos.page(Video.path != "c", order_by="-path", limit=3, cursor=page.next_cursor))
        assert [one.path for one in last.items] == ["a"] and last.next_cursor is None
        with pytest.raises(EntityValidationError):
            faced.run(videos.page(order_by="path", cursor=page.next_cursor))


class TestStreaming:
    def test_in_batches(self, faced: Face, db: Any, videos: Any) -> None:
        saved(faced, videos, *"abcde", clips=[])
        for batch in (1, 2, 5, 100):
            found = faced.collected(videos.stream(Video.path != "c", batch=batch, order_by="-path"))
            assert [one.path for one in found] == ["e", "d", "b", "a"]
        with faced.entered(db.session()) as session:
            found = faced.collected(videos.stream(batch=2, order_by="path"))
            assert [one.path for one in found] == list("abcde")
            assert found[0] in session
        with pytest.raises(EntityValidationError):
            faced.collected(videos.stream(batch=0))

    def test_left_early_it_gives_its_connection_back(self, faced: Face, db: Any, videos: Any) -> None:
        saved(faced, videos, *(str(n) for n in range(50)))

        def left() -> None:
            with closing(videos.stream(batch=5)) as stream:
                next(stream)

        async def left_async() -> None:
            async with aclosing(videos.stream(batch=5)) as stream:
                await anext(stream)

        for _ in range(20):
            left() if not faced.is_async else faced.run(left_async())
        assert db.engine.pool.checkedout() == 0
        assert faced.run(videos.delete_where(everything=True)) == 50

    def test_other_calls_may_be_made_meanwhile(self, faced: Face, db: Any, videos: Any) -> None:
        """In a session they share the stream's connection, which some drivers can't by themselves."""
        made = saved(faced, videos, *(str(n) for n in range(10)))

        def change() -> int:
            count = 0
            for video in videos.stream(batch=3):
                videos.update(video.id, {"plays": Video.plays + 1})
                count += 1
            return count

        async def change_async() -> int:
            count = 0
            async for video in videos.stream(batch=3):
                await videos.update(video.id, {"plays": Video.plays + 1})
                count += 1
            return count

        both = faced.pick(change, change_async)
        assert faced.run(both()) == 10
        with faced.entered(db.session()):
            assert faced.run(both()) == 10
        assert {video.plays for video in faced.run(videos.get_many(one.id for one in made))} == {2}

    def test_a_database_in_memory_can_be_written_meanwhile(self) -> None:
        """It has no write-ahead log: whoever reads keeps writers waiting."""
        with DatabaseManager({"url": "sqlite://", "lock_timeout_s": 0.1}, metadata=Base.metadata) as db:
            videos = BaseRepository[Video](db)
            videos.create_many(Video(path=str(n)) for n in range(10))
            for video in videos.stream(batch=3):
                videos.update(video.id, {"plays": 1})
            assert videos.count(Video.plays == 1) == 10

    def test_with_relationships(self, faced: Face, db: Any, videos: Any) -> None:
        for path in "abcde":
            faced.run(videos.create(Video(path=path, clips=[Clip(), Clip()])))
        found = faced.collected(videos.stream(batch=2, load="clips", order_by="path"))
        assert [(one.path, len(one.clips)) for one in found] == [(path, 2) for path in "abcde"]
        with faced.entered(db.session()):
            found = faced.collected(videos.stream(batch=2, load="clips", order_by="path"))
            assert [(one.path, len(one.clips)) for one in found] == [(path, 2) for path in "abcde"]
