"""`heads`: the newest revisions of the tree."""

from __future__ import annotations

from colonnade.cli.database import opened
from colonnade.cli.db.revisions import show_revisions
from colonnade.cli.options import AsJson, Where


def heads(where: Where, as_json: AsJson = False) -> None:
    """List the revisions of the tree that nothing follows."""
    with opened(where) as manager:
        found = [manager.show(head) for head in manager.heads()]
    show_revisions(found, as_json=as_json)
