"""What each operation does and refuses, on all seven drivers."""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Callable
from contextlib import aclosing, closing
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func

from colonnade import DatabaseManager
from colonnade.errors import (
    EntityNotFoundError,
    EntityValidationError,
    ForeignKeyViolationError,
    MultipleEntitiesError,
    NotNullViolationError,
    RelationshipNotLoadedError,
    StaleEntityError,
    TransactionError,
    UniqueViolationError,
)
from tests.faces import Face
from tests.repository.models import (
    Base,
    Boss,
    Clip,
    Colour,
    Day,
    Engineer,
    Note,
    Paint,
    Person,
    Seat,
    Size,
    Token,
    Tone,
    Video,
    Word,
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
        from colonnade.repository.fields import fields_of

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


@pytest.fixture
def videos(repository: Repositories) -> Any:
    return repository(Video)


def saved(faced: Face, videos: Any, *paths: str, **values: Any) -> list[Any]:
    made: list[Any] = faced.run(videos.create_many(Video(path=path, **values) for path in paths))
    return made


class TestCreating:
    def test_what_comes_back_is_complete(self, faced: Face, videos: Any) -> None:
        video = Video(path="a", clips=[Clip(), Clip(label="b")])
        assert faced.run(videos.create(video)) is video
        assert (video.title, video.plays, video.weight, video.next_plays) == ("untitled", 0, 7, 1)
        assert video.created_at == video.updated_at
        assert [(clip.video_id, clip.label) for clip in video.clips] == [(video.id, "clip"), (video.id, "b")]

    def test_many(self, faced: Face, videos: Any) -> None:
        made = saved(faced, videos, *(f"{n}" for n in range(10_000)))
        assert len({video.id for video in made}) == 10_000
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
        assert len(faced.run(videos.get_many([a, *range(1000, 25_000)]))) == 1

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

    def test_with_relationships(self, faced: Face, db: Any, videos: Any) -> None:
        for path in "abcde":
            faced.run(videos.create(Video(path=path, clips=[Clip(), Clip()])))
        found = faced.collected(videos.stream(batch=2, load="clips", order_by="path"))
        assert [(one.path, len(one.clips)) for one in found] == [(path, 2) for path in "abcde"]
        with faced.entered(db.session()):
            found = faced.collected(videos.stream(batch=2, load="clips", order_by="path"))
            assert [(one.path, len(one.clips)) for one in found] == [(path, 2) for path in "abcde"]


class TestUpdating:
    def test_named_fields(self, faced: Face, videos: Any) -> None:
        (video,) = saved(faced, videos, "a", source="s", title="t")
        update = lambda values: faced.run(videos.update(video.id, values))  # noqa: E731
        assert update({"title": "new", "source": None}).title == "new"
        assert faced.run(videos.get(video.id)).source is None
        assert update({"plays": Video.plays + 5}).plays == 5
        assert update({"plays": Video.plays * 2}).next_plays == 11
        assert update({Video.weight: 3, "heading": "by synonym"}).heading == "by synonym"
        before = update({})
        assert (before.plays, before.weight, before.title) == (10, 3, "by synonym")
        assert update({"plays": 10}).updated_at > before.updated_at
        assert update({"notes": "deferred"}).notes == "deferred"
        assert update({"width": 3, "height": 4}).size == Size(3, 4)
        with pytest.raises(EntityNotFoundError):
            faced.run(videos.update(999, {}))
        with pytest.raises(NotNullViolationError):
            update({"path": None})

    @pytest.mark.parametrize("name", ["id", "clips", "doubled", "next_plays", "size", "pat", 7])
    def test_what_cannot_be_set_is_refused(self, faced: Face, videos: Any, name: Any) -> None:
        (video,) = saved(faced, videos, "a")
        for call in (
            lambda: videos.update(video.id, {name: 1}),
            lambda: videos.update_where({name: 1}),
            lambda: (
                videos.update_many([{"id": video.id, name: 1}])
                if name != "id"
                else videos.update(1, {name: 1})
            ),
        ):
            with pytest.raises(EntityValidationError):
                faced.run(call())

    def test_many(self, faced: Face, videos: Any) -> None:
        a, b = saved(faced, videos, "a", "b")
        rows = [{"id": a.id, "plays": 3}, {"id": b.id, "plays": Video.plays + 4, "title": "b"}]
        assert faced.run(videos.update_many(iter(rows))) == 2
        assert [one.plays for one in faced.run(videos.list())] == [3, 4]
        with pytest.raises(EntityNotFoundError, match="999"):
            faced.run(videos.update_many([{"id": a.id, "plays": 9}, {"id": 999, "plays": 9}]))
        with pytest.raises(EntityValidationError):
            faced.run(videos.update_many([{"id": a.id, "plays": 9}, {"plays": 9}]))
        assert faced.run(videos.get(a.id)).plays == 3
        assert faced.run(videos.update_many([])) == 0

    def test_where(self, faced: Face, db: Any, videos: Any) -> None:
        a, b, c = saved(faced, videos, "a", "b", "c", created_at=LONG_AGO)
        assert faced.run(videos.update_where({"plays": Video.plays + 2}, Video.path > "a")) == 2
        assert [one.plays for one in faced.run(videos.list())] == [0, 2, 2]
        assert [one.updated_at > LONG_AGO for one in faced.run(videos.list())] == [False, True, True]
        assert faced.run(videos.update_where({"plays": 1})) == 3
        assert faced.run(videos.update_where({}, Video.path == "a")) == 0
        assert faced.run(videos.update_where({"plays": 1}, Video.path == "z")) == 0
        with pytest.raises(EntityValidationError):
            faced.run(videos.update_where({"plays": 1}, True))

    def test_the_open_sessions_objects_keep_step(self, faced: Face, db: Any, videos: Any) -> None:
        a, b = saved(faced, videos, "a", "b", created_at=LONG_AGO)
        with faced.entered(db.session()):
            held, other = faced.run(videos.get_many([a.id, b.id]))
            faced.run(videos.update_where({"plays": func.length("abc"), "title": "t"}, Video.path == "a"))
            assert (held.plays, held.title, held.next_plays, other.plays) == (3, "t", 4, 0)
            assert held.updated_at > LONG_AGO and other.updated_at == LONG_AGO
            faced.run(videos.update_many([{"id": a.id, "plays": Video.plays + 1}]))
            assert (held.plays, held.next_plays) == (4, 5)
            assert faced.run(videos.update(a.id, {"plays": Video.plays + 1})) is held
            assert held.plays == 5
            faced.run(videos.delete_where(Video.path == "a"))
            assert faced.run(videos.get(a.id)) is None

    def test_what_a_session_has_loaded_stays_loaded(self, faced: Face, db: Any, videos: Any) -> None:
        video = faced.run(videos.create(Video(path="a", notes="n", clips=[Clip()])))
        with faced.entered(db.session()):
            held = faced.run(videos.get(video.id, load=("clips", "notes")))
            held.title = "unsaved"
            faced.run(videos.update(video.id, {"plays": 3}))
            assert (len(held.clips), held.notes, held.title, held.plays) == (1, "n", "unsaved", 3)


class TestSaving:
    def test_the_changed_columns_alone(self, faced: Face, videos: Any) -> None:
        (video,) = saved(faced, videos, "a")
        detached = faced.run(videos.get(video.id))
        faced.run(videos.update(video.id, {"title": "other"}))
        detached.plays = 3
        assert faced.run(videos.save(detached)) is detached
        stored = faced.run(videos.get(video.id))
        assert (stored.title, stored.plays) == ("other", 3)
        assert faced.run(videos.save(Video(path="new"))).id
        assert faced.run(videos.save(detached)) is detached

    def test_a_relationship(self, faced: Face, videos: Any, repository: Repositories) -> None:
        a = faced.run(videos.create(Video(path="a", clips=[Clip()])))
        (b,) = saved(faced, videos, "b")
        clips = repository(Clip)
        clip = faced.run(clips.first(load="video"))
        clip.video = faced.run(videos.get(b.id, load="clips"))
        faced.run(clips.save(clip))
        assert faced.run(clips.first()).video_id == b.id
        detached = faced.run(videos.get(a.id, load="clips"))
        detached.clips.append(Clip(label="added"))
        faced.run(videos.save(detached))
        assert [clip.label for clip in faced.run(videos.get(a.id, load="clips")).clips] == ["added"]

    def test_of_a_row_that_the_session_holds(self, faced: Face, db: Any, videos: Any) -> None:
        (video,) = saved(faced, videos, "a")
        detached = faced.run(videos.get(video.id, load="clips"))
        detached.plays = 3
        detached.clips.append(Clip(label="new"))
        with faced.entered(db.session()):
            held = faced.run(videos.get(video.id, load="clips"))
            held.title = "kept"
            assert faced.run(videos.save(detached)) is held
            assert (held.plays, held.title) == (3, "kept")
        stored = faced.run(videos.get(video.id, load="clips"))
        assert (stored.plays, stored.title, len(stored.clips)) == (3, "kept", 1)

    def test_of_a_row_that_is_gone(self, faced: Face, videos: Any) -> None:
        (video,) = saved(faced, videos, "a")
        detached = faced.run(videos.get(video.id))
        faced.run(videos.delete(video.id))
        detached.plays = 3
        with pytest.raises(StaleEntityError) as raised:
            faced.run(videos.save(detached))
        assert raised.value.entity == "Video"


class TestUpserting:
    def test_by_each_unique_constraint(self, faced: Face, videos: Any) -> None:
        (video,) = saved(faced, videos, "a", source="s", number=1, created_at=LONG_AGO)
        run = faced.run
        for entity, on in (
            (Video(id=video.id, plays=1), ()),
            (Video(id=video.id, plays=2), "id"),
            (Video(path="a", plays=3), "path"),
            (Video(path="a", plays=4), Video.path),
            (Video(source="s", number=1, plays=5), ("source", "number")),
            (Video(source="s", number=1, plays=6), (Video.number, "source")),
        ):
            assert run(videos.upsert(entity, on=on)) is entity
            stored = run(videos.get(video.id))
            assert (entity.id, entity.path, entity.plays, entity.weight) == (video.id, "a", stored.plays, 7)
            assert stored.created_at == LONG_AGO and stored.updated_at > LONG_AGO
            assert entity.updated_at == stored.updated_at
        assert stored.plays == 6 and run(videos.count()) == 1
        new = run(videos.upsert(Video(path="b", source="s", number=2), on="path"))
        assert new.id != video.id and new.title == "untitled"

    def test_another_keys_row_is_never_touched(self, faced: Face, videos: Any) -> None:
        saved(faced, videos, "a", source="s", number=1)
        for entity, on in (
            (Video(path="b", source="s", number=1), "path"),
            (Video(id=77, path="a"), "id"),
            (Video(path="a", source="t", number=1), ("source", "number")),
        ):
            with pytest.raises(UniqueViolationError):
                faced.run(videos.upsert(entity, on=on))
        saved(faced, videos, "b", source="s", number=2)
        with pytest.raises(UniqueViolationError):
            faced.run(videos.upsert(Video(path="b", source="s", number=1), on="path"))
        assert [(one.path, one.number) for one in faced.run(videos.list())] == [("a", 1), ("b", 2)]

    def test_one_that_failed_may_be_repeated(self, faced: Face, videos: Any) -> None:
        saved(faced, videos, "a", source="s", number=1)
        saved(faced, videos, "b", source="s", number=2)
        video = Video(path="b", source="s", number=1, plays=7, clips=[Clip()])
        with pytest.raises(UniqueViolationError):
            faced.run(videos.upsert(video, on="path"))
        assert (video.path, video.plays, len(video.clips), video.id) == ("b", 7, 1, None)
        video.number = 3
        assert faced.run(videos.upsert(video, on="path")) is video
        (stored,) = faced.run(videos.find(Video.path == "b", load="clips"))
        assert (stored.number, stored.plays, len(stored.clips)) == (3, 7, 1)

    def test_what_it_needs(self, faced: Face, videos: Any) -> None:
        for entity, on in (
            (Video(path="a"), ()),
            (Video(path="a"), "title"),
            (Video(path="a"), ("path", "source")),
            (Video(plays=3), "path"),
            (Video(path="a", source="s"), ("source", "number")),
        ):
            with pytest.raises(EntityValidationError):
                faced.run(videos.upsert(entity, on=on))

    def test_many(self, faced: Face, videos: Any) -> None:
        saved(faced, videos, "a", "b")
        given = [Video(path="b", plays=1), Video(path="c", plays=2), Video(path="c", plays=3)]
        made = faced.run(videos.upsert_many(iter(given), on="path"))
        assert [one.path for one in made] == ["b", "c", "c"] and made[1] is made[2]
        assert [(one.path, one.plays) for one in faced.run(videos.list())] == [("a", 0), ("b", 1), ("c", 3)]
        with pytest.raises(UniqueViolationError):
            faced.run(videos.upsert_many([Video(id=77, path="d"), Video(id=78, path="b")], on="id"))
        assert faced.run(videos.count()) == 3

    def test_an_object_that_was_read(self, faced: Face, db: Any, videos: Any) -> None:
        (video,) = saved(faced, videos, "a")
        detached = faced.run(videos.get(video.id))
        detached.plays = 3
        assert faced.run(videos.upsert(detached, on="path")).plays == 3
        with faced.entered(db.session()):
            held = faced.run(videos.get(video.id))
            held.plays = 4
            assert faced.run(videos.upsert(held, on="path")) is held
            assert faced.run(videos.upsert(Video(path="a", title="t"), on="path")) is held
            assert held.title == "t"
        assert faced.run(videos.get(video.id)).plays == 4

    def test_related_objects(self, faced: Face, videos: Any, repository: Repositories) -> None:
        a, b = saved(faced, videos, "a", "b")
        clips = repository(Clip)
        clip = faced.run(clips.upsert(Clip(id=1, video=a)))
        assert clip.video_id == a.id
        assert faced.run(clips.upsert(Clip(id=1, video=b))).video_id == b.id
        assert faced.run(clips.get(1)).video_id == b.id
        video = faced.run(videos.upsert(Video(path="b", clips=[Clip(id=2)]), on="path"))
        assert sorted(one.id for one in faced.run(videos.get(video.id, load="clips")).clips) == [1, 2]


class TestDeleting:
    def test_rows_that_others_hold(self, faced: Face, videos: Any) -> None:
        video = faced.run(videos.create(Video(path="a", clips=[Clip()])))
        for call in (
            lambda: videos.delete(video.id),
            lambda: videos.delete_many([video.id]),
            lambda: videos.delete_where(Video.path == "a"),
        ):
            with pytest.raises(ForeignKeyViolationError) as raised:
                faced.run(call())
            assert raised.value.entity in ("Video", "Clip")
        assert faced.run(videos.count()) == 1

    def test_many_and_where(self, faced: Face, videos: Any) -> None:
        made = saved(faced, videos, *"abcdef")
        assert faced.run(videos.delete_many([made[0].id, made[1].id, made[0].id, 999])) == 2
        assert faced.run(videos.delete_many([])) == 0
        assert faced.run(videos.delete_where(Video.path == "c", Video.plays == 0)) == 1
        with pytest.raises(EntityValidationError, match="everything=True"):
            faced.run(videos.delete_where())
        assert faced.run(videos.count()) == 3
        assert faced.run(videos.delete_where(everything=True)) == 3

    def test_in_a_session(self, faced: Face, db: Any, videos: Any) -> None:
        a, b = saved(faced, videos, "a", "b")
        with faced.entered(db.session()) as session:
            held = faced.run(videos.get(a.id))
            assert faced.run(videos.delete(a.id)) is True
            assert held not in session and faced.run(videos.get(a.id)) is None
            assert faced.run(videos.delete(a.id)) is False
            assert faced.run(videos.create(Video(id=a.id, path="a"))).id == a.id
        assert faced.run(videos.count()) == 2


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
        foreign = faced.pick(db.session_factory, db.session_factory)()
        try:
            held, new = faced.run(foreign.get(Video, video.id)), Video(path="new")
            foreign.add(new)
            for call in (
                lambda: videos.save(held),
                lambda: videos.create(new),
                lambda: videos.save(new),
                lambda: videos.upsert(new, on="path"),
                lambda: videos.create_many([Video(path="b"), new]),
                lambda: videos.upsert_many([new], on="path"),
                lambda: clips.create(Clip(video=held)),
                lambda: clips.create_many([Clip(video=held)]),
                lambda: clips.upsert(Clip(id=5, video=held)),
            ):
                with pytest.raises(TransactionError, match="session"):
                    faced.run(call())
                foreign.expunge_all()
                held = faced.run(foreign.get(Video, video.id))
                foreign.add(new := Video(path="new"))
            with faced.entered(db.session()) as session:
                with pytest.raises(TransactionError):
                    faced.run(clips.create(clip := Clip(video=held)))
                assert clip not in session
        finally:
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
