"""The storybook's database: what a program needs of it. Importing it opens no connection."""

from app.database.engine import DEFAULT_URL, make_async_manager, make_manager, settings_for
from app.database.models import Base, Character, Image, Story, User
from app.database.session import AsyncStories, AsyncUsers, Stories, Users, get_async_session, get_session

__all__ = [
    "DEFAULT_URL",
    "AsyncStories",
    "AsyncUsers",
    "Base",
    "Character",
    "Image",
    "Stories",
    "Story",
    "User",
    "Users",
    "get_async_session",
    "get_session",
    "make_async_manager",
    "make_manager",
    "settings_for",
]
