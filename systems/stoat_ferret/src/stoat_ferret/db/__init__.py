"""The catalogue's database layer: models, repositories on both faces, the schema.

The repositories, factories and managers in lower case are the default database's: `DATABASE_URL`, else
`./stoat_ferret.db`. They are made when the first of them is asked for; importing opens no connection.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from colonnade import AsyncBaseRepository, BaseRepository
from stoat_ferret.db.audit import AsyncAuditRepository, AuditLog, AuditRepository
from stoat_ferret.db.clip_repository import AsyncClipRepository, ClipRepository
from stoat_ferret.db.models import Base, Clip, Project, Video, frame_count
from stoat_ferret.db.project_repository import AsyncProjectRepository, ProjectRepository
from stoat_ferret.db.schema import (
    AsyncDatabaseSchema,
    DatabaseSchema,
    create_tables,
    drop_tables,
    migrate,
    version,
)
from stoat_ferret.db.settings import DEFAULT_URL, settings_for
from stoat_ferret.db.video_repository import AsyncVideoRepository, VideoRepository

if TYPE_CHECKING:
    from stoat_ferret.db.default import (
        async_manager,
        async_session_factory,
        audit_repository,
        clip_repository,
        manager,
        project_repository,
        session_factory,
        video_repository,
    )

__all__ = [
    "DEFAULT_URL",
    "AsyncAuditRepository",
    "AsyncBaseRepository",
    "AsyncClipRepository",
    "AsyncDatabaseSchema",
    "AsyncProjectRepository",
    "AsyncVideoRepository",
    "AuditLog",
    "AuditRepository",
    "Base",
    "BaseRepository",
    "Clip",
    "ClipRepository",
    "DatabaseSchema",
    "Project",
    "ProjectRepository",
    "Video",
    "VideoRepository",
    "async_manager",
    "async_session_factory",
    "audit_repository",
    "clip_repository",
    "create_tables",
    "drop_tables",
    "frame_count",
    "manager",
    "migrate",
    "project_repository",
    "session_factory",
    "settings_for",
    "version",
    "video_repository",
]

# Three instances are called as the modules of their classes are, which importing those has put under these
# names. They stay importable: `from stoat_ferret.db.clip_repository import ClipRepository`.
for _name in ("project_repository", "video_repository", "clip_repository"):
    globals().pop(_name, None)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("stoat_ferret.db.default"), name)
