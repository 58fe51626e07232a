"""`colonnade db`: a database, and the migration tree that it moves along."""

from __future__ import annotations

from colonnade.cli.groups import group

__all__ = ["app"]

app = group(
    __name__,
    "A database, and the migration tree that it moves along.",
    {
        "Look, and change nothing": (
            "status",
            "current",
            "plan",
            "lint",
            "check",
            "drift",
            "verify",
            "heads",
            "history",
            "branches",
            "show",
        ),
        "Try, back up, put back": ("rehearse", "backup", "backups", "restore"),
        "Move the database": ("upgrade", "downgrade", "stamp", "repair", "reset"),
        "Write revisions": ("init", "revision", "merge", "squash"),
    },
)
