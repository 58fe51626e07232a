"""Colonnade: one database layer for SQLAlchemy, on three databases, synchronous and asynchronous."""

from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.repository.operation import operation
from colonnade.repository.operations import RepositoryOperations
from colonnade.repository.page import Page
from colonnade.repository.repository import AsyncBaseRepository, BaseRepository
from colonnade.settings import DatabaseSettings

__all__ = [
    "AsyncBaseRepository",
    "AsyncDatabaseManager",
    "BaseRepository",
    "DatabaseManager",
    "DatabaseSettings",
    "Page",
    "RepositoryOperations",
    "operation",
]
