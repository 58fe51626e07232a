"""Alembic's environment of dbp: its models, and its database where none is named.

`python -m dbp`, `AlembicManager` and plain `alembic` come by here. The database is the one of `-x url=…`,
else the manager's, else the configuration's, else the environment's DATABASE_URL; with none of them it's the
default SQLite file, and a warning names it. A connection that fails is an error: nothing else is tried.
"""

import warnings

from dbp.database.configuration import DEFAULT_URL
from dbp.database.models import Base

from colonnade.migrations import run_environment

# PostgreSQL gives the expression back in words of its own, and Alembic takes it for another one.
warnings.filterwarnings("ignore", "Computed default on recommendations.only_active")

run_environment(target_metadata=Base.metadata, default_url=DEFAULT_URL)
