"""`revert`: taking back an entry or a transaction."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.audit.entries import show_entries
from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where


def revert(
    where: Where,
    what: Annotated[str, typer.Argument(help="An entry's id, or a transaction's.")],
    actor: Annotated[str | None, typer.Option("--actor", help="Who does it.")] = None,
    transaction: Annotated[
        bool, typer.Option("--transaction", help="It's a transaction's id, even if it's a number.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take back what an entry tells of, or a whole transaction: a new change, recorded as any other."""
    from colonnade import audit

    with managed(where, "write") as db, audit.actor(actor):
        found = audit.AuditRepository(db).revert(what if transaction or not what.isdecimal() else int(what))
    show_entries(found, as_json=as_json)
