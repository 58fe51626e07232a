"""Where the catalogue's database is: an explicit URL, else the environment's, else a file right here."""

from __future__ import annotations

import os

from colonnade import DatabaseSettings

__all__ = ["DEFAULT_URL", "settings_for"]

DEFAULT_URL = "sqlite:///./stoat_ferret.db"


def settings_for(url: str | None = None) -> DatabaseSettings:
    """Give settings for the URL, else `DATABASE_URL`, else `DEFAULT_URL`; the rest is the environment's.

    Raises:
        ConfigurationError: for a URL or a variable that can't be used.
    """
    chosen = url or os.environ.get("DATABASE_URL") or DEFAULT_URL
    return DatabaseSettings.from_environment({**os.environ, "DATABASE_URL": chosen})
