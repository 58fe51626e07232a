"""Starting a project: models, repositories, migrations, seeds, settings and tests that pass at once."""

from colonnade.starting.project import create_project

__all__ = ["create_project"]
