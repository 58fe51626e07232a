"""Migrations: the schema moved from version to version."""

from colonnade.migrations.version import SchemaVersion

__all__ = ["SchemaVersion"]
