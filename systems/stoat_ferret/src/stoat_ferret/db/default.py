"""What serves an application that names no database: a manager for each face, and what is bound to them.

They are made when this module is imported, and `stoat_ferret.db` imports it when one of them is first
asked for; they connect when they're first used.
"""

from colonnade import AsyncDatabaseManager, DatabaseManager
from stoat_ferret.db.audit import AuditRepository
from stoat_ferret.db.clip_repository import ClipRepository
from stoat_ferret.db.models import Base
from stoat_ferret.db.project_repository import ProjectRepository
from stoat_ferret.db.settings import settings_for
from stoat_ferret.db.video_repository import VideoRepository

__all__ = [
    "async_manager",
    "async_session_factory",
    "audit_repository",
    "clip_repository",
    "manager",
    "project_repository",
    "session_factory",
    "video_repository",
]

manager = DatabaseManager(settings_for(), metadata=Base.metadata)
async_manager = AsyncDatabaseManager(settings_for(), metadata=Base.metadata)

session_factory = manager.session_factory
async_session_factory = async_manager.session_factory

project_repository = ProjectRepository(manager)
video_repository = VideoRepository(manager)
clip_repository = ClipRepository(manager)
audit_repository = AuditRepository(manager)
