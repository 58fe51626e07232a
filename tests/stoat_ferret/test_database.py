"""What the database itself holds: rules, keys, indexes, cascades, read from its catalogue or tried."""

import math

import pytest
from sqlalchemy import event, inspect, text
from stoat_ferret.db import (
    AuditRepository,
    Base,
    Clip,
    ClipRepository,
    DatabaseSchema,
    Project,
    ProjectRepository,
    Video,
    VideoRepository,
    create_tables,
    drop_tables,
    version,
)

from colonnade import DatabaseManager
from colonnade.errors import (
    CheckViolationError,
    DatabaseError,
    ForeignKeyViolationError,
    NotNullViolationError,
    TransactionError,
    UniqueViolationError,
)
from colonnade.models.base import internal_metadata

from .conftest import a_project, a_video

INDEXES = {
    "projects": {("name",)},
    "videos": {("project_id",), ("filename",)},
    "clips": {("project_id",), ("video_id", "project_id"), ("video_id", "in_point", "out_point")},
    "audit_log": {
        ("entity_type", "entity_id", "id"),
        ("entity_type", "entity_key", "id"),
        ("entity_type", "previous_key"),
    },
}
CHECKS = {
    "ck_clips_in_point_not_negative",
    "ck_clips_out_point_after_in_point",
    "ck_videos_duration_not_negative",
    "ck_videos_duration_finite",
    "ck_videos_framerate_num_positive",
    "ck_videos_framerate_den_positive",
    "ck_videos_width_positive",
    "ck_videos_height_positive",
}
FOREIGN_KEYS = {
    ("videos", ("project_id",), "projects", ("id",), "CASCADE"),
    ("clips", ("project_id",), "projects", ("id",), "CASCADE"),
    ("clips", ("video_id", "project_id"), "videos", ("id", "project_id"), "CASCADE"),
}
UNIQUE = {
    "projects": {("workspace_path",)},
    "videos": {("project_id", "path"), ("id", "project_id")},
}


def test_the_catalogue_has_every_index_check_and_key(db):
    with db.session() as session:
        catalogue = inspect(session.connection())
        unique = {table: _unique(catalogue, table) for table in UNIQUE}
        indexes = {table: _indexes(catalogue, table) - unique.get(table, set()) for table in INDEXES}
        checks = {c["name"] for table in ("videos", "clips") for c in catalogue.get_check_constraints(table)}
        keys = {
            (
                table,
                tuple(key["constrained_columns"]),
                key["referred_table"],
                tuple(key["referred_columns"]),
                key["options"].get("ondelete"),
            )
            for table in ("projects", "videos", "clips")
            for key in catalogue.get_foreign_keys(table)
        }
    assert unique == UNIQUE
    assert indexes == INDEXES
    assert checks == CHECKS
    assert keys == FOREIGN_KEYS


def _unique(catalogue, table):
    return {tuple(found["column_names"]) for found in catalogue.get_unique_constraints(table)}


def _indexes(catalogue, table):
    return {tuple(found["column_names"]) for found in catalogue.get_indexes(table)}


BROKEN = {
    "ck_videos_duration_not_negative": {"duration": -0.5},
    "ck_videos_framerate_num_positive": {"framerate_num": 0},
    "ck_videos_framerate_den_positive": {"framerate_den": 0},
    "ck_videos_width_positive": {"width": 0},
    "ck_videos_height_positive": {"height": 0},
}


def test_rules_hold_and_say_which(db):
    projects, videos, clips = ProjectRepository(db), VideoRepository(db), ClipRepository(db)
    project = projects.create(a_project(videos=[a_video()]))
    other = projects.create(a_project("Other", "/other"))
    video = project.videos[0].id
    for constraint, values in BROKEN.items():
        with pytest.raises(CheckViolationError) as caught:
            videos.create(a_video("/b.mp4", project_id=project.id, **values))
        assert (caught.value.constraint, caught.value.columns) == (constraint, tuple(values))
    for endless in (math.inf, math.nan):  # each database refuses them in its own way
        with pytest.raises(DatabaseError):
            videos.create(a_video("/b.mp4", project_id=project.id, duration=endless))
    for in_point, out_point in ((-1, 5), (5, 5), (6, 5)):
        with pytest.raises(CheckViolationError):
            clips.create(Clip(project_id=project.id, video_id=video, in_point=in_point, out_point=out_point))
    for key in ({"project_id": other.id, "video_id": video}, {"project_id": project.id, "video_id": 9999}):
        with pytest.raises(ForeignKeyViolationError):
            clips.create(Clip(in_point=0, out_point=1, **key))
    with pytest.raises(UniqueViolationError) as caught:
        projects.create(a_project("Film", "/films"))
    assert caught.value.columns == ("workspace_path",)
    with pytest.raises(UniqueViolationError):
        videos.create(a_video(project_id=project.id))
    with pytest.raises(NotNullViolationError):
        videos.create(a_video("/b.mp4"))
    videos.create(a_video(project_id=other.id))
    assert (projects.count(), videos.count(), clips.count()) == (2, 2, 0)


def test_a_clip_of_a_video_is_in_its_project(db):
    project = ProjectRepository(db).create(a_project(videos=[a_video()]))
    clip = ClipRepository(db).create(Clip(video=project.videos[0], in_point=0, out_point=1))
    assert clip.project_id == project.id
    with pytest.raises(ForeignKeyViolationError):
        ClipRepository(db).update(clip.id, {"project_id": 9999})


def test_a_row_deleted_by_plain_sql_takes_its_own_along(db):
    project = ProjectRepository(db).create(a_project(videos=[a_video()]))
    ClipRepository(db).create(Clip(video=project.videos[0], in_point=0, out_point=1))
    with db.session() as session:
        session.execute(text("DELETE FROM projects"))
    assert (VideoRepository(db).count(), ClipRepository(db).count()) == (0, 0)


def test_the_database_deletes_what_belongs_to_a_row(db):
    project = ProjectRepository(db).create(a_project(videos=[a_video()]))
    sent = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    assert ProjectRepository(db).delete(project.id)
    assert not any("videos" in statement or "clips" in statement for statement in sent)
    assert VideoRepository(db).count() == 0


def test_points_and_paths_may_be_long(db):
    project = ProjectRepository(db).create(
        a_project(workspace="/" + "\U0001f3ac" * 669, description="x" * 9000)
    )
    video = VideoRepository(db).create(a_video("/" + "\U0001f3ac" * 669, project_id=project.id, filename="a"))
    clip = ClipRepository(db).create(Clip(video=video, in_point=2**31, out_point=2**40))
    assert ClipRepository(db).get(clip.id).out_point == 2**40
    assert VideoRepository(db).find_by_path(video.path).id == video.id


def test_the_log_is_never_changed_through_its_repository(db):
    audit = AuditRepository(db)
    entry = audit.log_create("clip", 1)
    for call in (
        lambda: audit.update(entry.id, {"user_id": "eve"}),
        lambda: audit.update_many([{"id": entry.id, "user_id": "eve"}]),
        lambda: audit.update_where({"user_id": "eve"}, audit.model.id > 0),
        lambda: audit.save(entry),
        lambda: audit.upsert(entry),
        lambda: audit.upsert_many([entry]),
        lambda: audit.delete(entry.id),
        lambda: audit.delete_many([entry.id]),
        lambda: audit.delete_where(everything=True),
    ):
        with pytest.raises(TransactionError, match="only added to"):
            call()
    assert audit.get_history("clip", 1)[0].user_id is None


def test_the_schema_functions_are_the_schema_object(url):
    with DatabaseManager(url) as db:
        assert version(db) is None
        create_tables(db)
        assert DatabaseSchema(db).version() is None
        with db.session() as session:
            names = set(inspect(session.connection()).get_table_names())
        assert names == {"projects", "videos", "clips", *internal_metadata.tables}
        drop_tables(db)
        with db.session() as session:
            assert inspect(session.connection()).get_table_names() == []


def test_the_models_are_those_of_the_document():
    fields = {model: {c.key for c in model.__mapper__.column_attrs} for model in (Project, Video, Clip)}
    assert fields == {
        Project: {"id", "name", "description", "workspace_path", "created_at", "updated_at"},
        Video: {
            *("id", "project_id", "filename", "path", "duration", "framerate_num", "framerate_den"),
            *("width", "height", "created_at"),
        },
        Clip: {"id", "project_id", "video_id", "in_point", "out_point", "created_at"},
    }
    assert set(Base.metadata.tables) == {"projects", "videos", "clips"}
