"""`colonnade seed`: rows that belong to a database from the start."""

from __future__ import annotations

from colonnade.cli.groups import group

__all__ = ["app"]

app = group(
    __name__,
    "Rows that belong to a database from the start. The models are those of tool.colonnade.models.",
    {"Commands": ("run", "export", "status")},
)
