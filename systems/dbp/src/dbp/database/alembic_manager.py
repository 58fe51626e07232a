"""AlembicManager on dbp's own tree of revisions.

AlembicManager("sqlite:///dbp.db").upgrade()
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import colonnade

__all__ = ["SCRIPTS", "AlembicManager", "AsyncAlembicManager"]

SCRIPTS = Path(__file__).with_name("alembic")
"""The folder of the tree."""


class AlembicManager(colonnade.AlembicManager):
    """Moves a database along dbp's revisions, synchronously; see Colonnade's class of this name.

    Args:
        database: a manager, settings, or a URL; without it the environment's `DATABASE_URL`.
        **given: what Colonnade's takes.
    """

    def __init__(self, database: Any = None, **given: Any) -> None:
        super().__init__(database, **{"script_location": SCRIPTS, **given})


class AsyncAlembicManager(colonnade.AsyncAlembicManager):
    """Moves a database along dbp's revisions, asynchronously."""

    def __init__(self, database: Any = None, **given: Any) -> None:
        super().__init__(database, **{"script_location": SCRIPTS, **given})
