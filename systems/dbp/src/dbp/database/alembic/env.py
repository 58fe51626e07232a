"""Alembic's environment of dbp: its models, and its database where none is named.

`python -m dbp`, `AlembicManager` and plain `alembic` come by here. The database is the one of `-x url=…`, else the
manager's, else the configuration's `sqlalchemy.url`, else the environment's DATABASE_URL; with none of them it's
the default SQLite file, and a warning names it. A connection that fails is an error: nothing else is tried.
"""

from dbp.database.configuration import DEFAULT_URL
from dbp.database.models import Base

from colonnade.migrations import run_environment

run_environment(target_metadata=Base.metadata, default_url=DEFAULT_URL)
