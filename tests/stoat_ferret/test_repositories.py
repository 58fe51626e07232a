"""What is asked of projects, videos and clips, on both faces and all seven drivers."""

from collections import Counter
from datetime import UTC

import pytest
from sqlalchemy import event, inspect
from stoat_ferret.db import Clip

from colonnade import AsyncBaseRepository, BaseRepository
from colonnade.errors import EntityNotFoundError, EntityValidationError
from colonnade.migrations import SchemaVersion

from .conftest import a_project, a_video


@pytest.fixture
def stocked(stoat):
    """A project with two videos and three clips, and an empty one."""
    project = stoat.run(
        stoat.projects.create(a_project(videos=[a_video("/films/a.mp4"), a_video("/films/b.mp4")]))
    )
    stoat.run(stoat.projects.create(a_project("Empty", "/empty")))
    first, second = project.videos
    for video, start, end in ((first, 10, 20), (first, 0, 10), (second, 5, 6)):
        clip = Clip(project_id=project.id, video_id=video.id, in_point=start, out_point=end)
        stoat.run(stoat.clips.create(clip))
    stoat.project, stoat.first, stoat.second = project, first, second
    return stoat


def test_projects_are_found_and_counted(stocked):
    run, projects = stocked.run, stocked.projects
    twin = run(projects.create(a_project(workspace="/films/twin")))
    assert run(projects.find_by_name("Film")).id == stocked.project.id < twin.id
    assert run(projects.find_by_name("film")) is None
    assert run(projects.find_by_workspace("/empty")).name == "Empty"
    assert run(projects.find_by_workspace("/Empty")) is None

    sent = []
    engine = getattr(stocked.db.engine, "sync_engine", stocked.db.engine)
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    rows = run(projects.list_with_stats())
    assert len([statement for statement in sent if "SELECT" in statement]) == 1
    assert [(row["name"], row["video_count"], row["clip_count"]) for row in rows] == [
        ("Film", 2, 3),
        ("Empty", 0, 0),
        ("Film", 0, 0),
    ]
    columns = {"id", "name", "description", "workspace_path", "created_at", "updated_at"}
    assert set(rows[0]) == columns | {"video_count", "clip_count"}
    assert rows[0]["created_at"] == stocked.project.created_at


def test_what_belongs_to_one_is_loaded_with_it(stocked):
    run = stocked.run
    project = run(stocked.projects.get_with_videos(stocked.project.id))
    assert [video.filename for video in project.videos] == ["a.mp4", "b.mp4"]
    video = run(stocked.videos.get_with_clips(stocked.first.id))
    assert [(clip.in_point, clip.out_point) for clip in video.clips] == [(0, 10), (10, 20)]
    for call in (stocked.projects.get_with_videos, stocked.videos.get_with_clips):
        with pytest.raises(EntityNotFoundError):
            run(call(9999))


def test_videos_are_found(stocked):
    run, videos, empty = stocked.run, stocked.videos, 2
    again = run(videos.create(a_video("/films/a.mp4", project_id=empty)))
    elsewhere = run(videos.create(a_video("/other/a.mp4", project_id=empty)))
    assert [video.id for video in run(videos.find_by_project(empty))] == [again.id, elsewhere.id]
    assert [v.id for v in run(videos.find_by_filename("a.mp4"))] == [stocked.first.id, again.id, elsewhere.id]
    assert run(videos.find_by_path("/films/a.mp4")).id == stocked.first.id
    assert run(videos.find_by_path("/films/a.mp4", empty)).id == again.id
    assert run(videos.find_by_path("/films/A.mp4")) is None
    assert run(videos.find_by_filename("none.mp4")) == []


def test_clips_are_found_and_checked(stocked):
    run, clips, first = stocked.run, stocked.clips, stocked.first.id
    assert [clip.in_point for clip in run(clips.find_by_video(first))] == [0, 10]
    assert [clip.in_point for clip in run(clips.find_by_project(stocked.project.id))] == [10, 0, 5]
    bounds = {(0, 48): True, (0, 49): False, (-1, 3): False, (5, 5): False, (6, 5): False, (47, 48): True}
    assert {pair: run(clips.validate_bounds(first, *pair)) for pair in bounds} == bounds
    with pytest.raises(EntityNotFoundError, match="9999") as caught:
        run(clips.validate_bounds(9999, 0, 1))
    assert caught.value.entity == "Video"


def test_rows_are_created_listed_updated_and_deleted(stocked):
    run, projects = stocked.run, stocked.projects
    before = run(projects.get(1))
    assert (before.created_at.tzinfo, before.created_at) == (UTC, before.updated_at)

    after = run(projects.update(1, {"description": "on water"}))
    assert (after.description, after.created_at) == ("on water", before.created_at)
    assert after.updated_at > before.updated_at
    assert run(projects.update_where({"description": "again"}, projects.model.id == 1)) == 1
    assert run(projects.get(1)).updated_at > after.updated_at
    assert run(projects.update(1, {})).description == "again"

    assert [project.id for project in run(projects.list())] == [1, 2]
    assert [project.id for project in run(projects.list(skip=1, limit=5))] == [2]
    assert run(projects.list(limit=0)) == []
    for window in ({"skip": -1}, {"limit": -1}):
        with pytest.raises(EntityValidationError):
            run(projects.list(**window))
    with pytest.raises(EntityNotFoundError):
        run(projects.update(9999, {"name": "x"}))
    with pytest.raises(EntityValidationError, match=r"'nam'.*'name'"):
        run(projects.update(1, {"nam": "x"}))
    with pytest.raises(EntityValidationError, match="id"):
        run(projects.update(1, {"id": 7}))
    assert run(projects.delete(9999)) is False
    assert run(projects.count()) == 2


def test_what_is_deleted_takes_its_own_along(stocked):
    run = stocked.run
    assert run(stocked.videos.delete(stocked.second.id)) is True
    assert [clip.video_id for clip in run(stocked.clips.list())] == [stocked.first.id] * 2
    with stocked.session():  # what is loaded goes the same way
        loaded = run(stocked.projects.get(1, load=("videos.clips", "clips")))
        assert len(loaded.clips) == 2
        assert run(stocked.projects.delete(1)) is True
    assert (run(stocked.projects.count()), run(stocked.videos.count()), run(stocked.clips.count())) == (
        1,
        0,
        0,
    )


def test_what_goes_along_is_recorded(stocked):
    run, audit = stocked.run, stocked.audit
    run(stocked.projects.delete(1))
    gone = run(audit.find(audit.model.action == "DELETE"))
    counts = Counter(entry.entity_type for entry in gone)
    assert counts == {"project": 1, "video": 2, "clip": 3}
    assert len({entry.transaction_id for entry in gone}) == 1


def test_entries_may_be_added_by_hand(stocked):
    run, audit = stocked.run, stocked.audit
    with stocked.session():
        run(audit.log_create("clip", 7, "ada"))
        run(audit.log_update("clip", 7, {"in_point": [0, 5], "note": "ü"}, None))
    run(audit.log_update("video", 7, {}, "ada"))
    run(audit.log_delete("clip", 7, "ada"))
    with pytest.raises(ZeroDivisionError), stocked.session():
        run(audit.log_delete("clip", 7, "eve"))
        raise ZeroDivisionError
    history = run(audit.get_history("clip", 7))
    assert [(entry.action, entry.user_id) for entry in history] == [
        ("CREATE", "ada"),
        ("UPDATE", None),
        ("DELETE", "ada"),
    ]
    assert [entry.changes for entry in history] == [{}, {"in_point": [0, 5], "note": "ü"}, {}]
    assert history[0].timestamp.tzinfo is UTC
    assert run(audit.get_history("clip", 8)) == []


def test_the_schema_comes_and_goes(stoat):
    engine = stoat.db.engine
    assert stoat.run(stoat.schema.version()) is None
    stoat.run(stoat.schema.create_tables())
    project = stoat.run(stoat.projects.create(a_project()))
    stoat.run(stoat.schema.create_tables())
    assert stoat.run(stoat.projects.get(project.id)).name == "Film"
    versions = stoat.faced.pick(BaseRepository, AsyncBaseRepository)[SchemaVersion](stoat.db)
    stoat.run(versions.create(SchemaVersion(version="0001")))
    stoat.run(versions.create(SchemaVersion(version="0000")))
    assert stoat.run(stoat.schema.version()) == "0000"

    stoat.run(stoat.schema.drop_tables())
    stoat.run(stoat.schema.drop_tables())
    assert stoat.run(stoat.schema.version()) is None
    with stoat.session() as session:
        if stoat.faced.is_async:
            names = stoat.run(session.run_sync(lambda sync: inspect(sync.connection()).get_table_names()))
        else:
            names = inspect(session.connection()).get_table_names()
    assert names == []
    assert engine is stoat.db.engine
