"""Migrations: the schema moved from version to version; Alembic and the rest load when they're first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from colonnade.migrations.version import SchemaVersion

if TYPE_CHECKING:
    from colonnade.migrations.backup import Restoration
    from colonnade.migrations.creating import create_tree
    from colonnade.migrations.drift import Drift
    from colonnade.migrations.manager import AlembicManager, AsyncAlembicManager
    from colonnade.migrations.manifest import Backup
    from colonnade.migrations.migration import Migration
    from colonnade.migrations.options import MigrationOptions
    from colonnade.migrations.plan import Finding, Plan, PlannedStep
    from colonnade.migrations.recovery import Repaired
    from colonnade.migrations.rehearse import Rehearsal
    from colonnade.migrations.runs import HalfMigrated
    from colonnade.migrations.status import Status
    from colonnade.migrations.template import run_environment
    from colonnade.migrations.tree import Revision

__all__ = [
    "AlembicManager",
    "AsyncAlembicManager",
    "Backup",
    "Drift",
    "Finding",
    "HalfMigrated",
    "Migration",
    "MigrationOptions",
    "Plan",
    "PlannedStep",
    "Rehearsal",
    "Repaired",
    "Restoration",
    "Revision",
    "SchemaVersion",
    "Status",
    "create_tree",
    "run_environment",
]

_MODULES = {
    "AlembicManager": "manager",
    "AsyncAlembicManager": "manager",
    "Backup": "manifest",
    "Drift": "drift",
    "Finding": "plan",
    "HalfMigrated": "runs",
    "Migration": "migration",
    "MigrationOptions": "options",
    "Plan": "plan",
    "PlannedStep": "plan",
    "Rehearsal": "rehearse",
    "Restoration": "backup",
    "Repaired": "recovery",
    "Revision": "tree",
    "Status": "status",
    "create_tree": "creating",
    "run_environment": "template",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
