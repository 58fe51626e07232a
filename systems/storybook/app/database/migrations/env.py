"""Alembic's environment of this tree: which models it is for. All else is Colonnade's."""

from app.database.models import Base

from colonnade.migrations import run_environment

run_environment(target_metadata=Base.metadata, default_url="sqlite:///./storybook.db")
