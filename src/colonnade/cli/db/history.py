"""`history`: all revisions of the tree."""

from __future__ import annotations

from colonnade.cli.database import opened
from colonnade.cli.db.revisions import show_revisions
from colonnade.cli.options import AsJson, Where


def history(where: Where, as_json: AsJson = False) -> None:
    """List all revisions of the tree, the newest last."""
    with opened(where) as manager:
        found = manager.history()
    show_revisions(found, as_json=as_json)
