"""`current`: where the database is."""

from __future__ import annotations

from colonnade.cli.database import opened
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import note, say, show_json


def current(where: Where, as_json: AsJson = False) -> None:
    """Tell the revisions that the database is at.

    One a line; none where no revision was applied.
    """
    with opened(where, "read") as manager:
        heads = manager.current()
    if as_json:
        show_json(heads)
    for head in () if as_json else heads:
        say(head)
    if not heads:
        note("no revision was applied: the database is at base")
