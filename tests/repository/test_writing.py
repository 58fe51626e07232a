"""Updating, saving, upserting and deleting, on all seven drivers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func

from colonnade.errors import (
    EntityNotFoundError,
    EntityValidationError,
    ForeignKeyViolationError,
    NotNullViolationError,
    StaleEntityError,
    UniqueViolationError,
)
from tests.faces import Face
from tests.repository.models import (
    Clip,
    Size,
    Video,
    saved,
)

Repositories = Callable[..., Any]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


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
        saved(faced, videos, "a", "b", "c", created_at=LONG_AGO)
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
            (Video(id=-77, path="a"), "id"),
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
            faced.run(videos.upsert_many([Video(id=-77, path="d"), Video(id=-78, path="b")], on="id"))
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
        a, _ = saved(faced, videos, "a", "b")
        with faced.entered(db.session()) as session:
            held = faced.run(videos.get(a.id))
            assert faced.run(videos.delete(a.id)) is True
            assert held not in session and faced.run(videos.get(a.id)) is None
            assert faced.run(videos.delete(a.id)) is False
            assert faced.run(videos.create(Video(id=a.id, path="a"))).id == a.id
        assert faced.run(videos.count()) == 2
