"""`prune`: letting go of old entries."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.asking import confirm
from colonnade.cli.audit.entries import instant
from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where, Yes
from colonnade.cli.output import say, show_json


def prune(
    where: Where,
    before: Annotated[str, typer.Argument(help="2026-01-31T12:00:00Z; without a zone it's UTC.")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Seal the log, and delete the entries from before a time; a row that was there then keeps a baseline."""
    from colonnade import audit

    time = instant(before)
    confirm(f"Delete the entries from before {time.isoformat()}?", yes=yes)
    with managed(where, "write") as db:
        count = audit.prune(db, time)
    if as_json:
        show_json({"deleted": count})
    else:
        say(f"{count} entries were deleted")
