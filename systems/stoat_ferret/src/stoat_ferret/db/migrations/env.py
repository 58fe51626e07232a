"""Alembic's environment of the catalogue: its models, and its database where none is named."""

from stoat_ferret.db.models import Base
from stoat_ferret.db.settings import DEFAULT_URL

from colonnade.migrations import run_environment

run_environment(target_metadata=Base.metadata, default_url=DEFAULT_URL)
