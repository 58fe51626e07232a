"""`log`: entries, the newest last."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli.audit.entries import show_entries
from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where


def log(
    where: Where,
    entity_type: Annotated[str | None, typer.Argument(help="Only of these: project, video, …")] = None,
    entity_id: Annotated[int | None, typer.Argument(help="Only of the one with this id.")] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Only what this one has done.")] = None,
    transaction: Annotated[
        str | None, typer.Option("--transaction", help="Only of this transaction.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many, at most.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """List entries, the newest last."""
    from colonnade.audit import AuditLog, AuditRepository

    wanted = {
        "entity_type": entity_type,
        "entity_id": entity_id,
        "user_id": actor,
        "transaction_id": transaction,
    }
    criteria = [getattr(AuditLog, name) == value for name, value in wanted.items() if value is not None]
    with managed(where, "read") as db:
        found = AuditRepository(db).find(*criteria, order_by="-id", limit=limit)
    show_entries(reversed(found), as_json=as_json)
