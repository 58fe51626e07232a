"""`reconcile`: whether the tables are as the log tells."""

from __future__ import annotations

from colonnade.cli.audit.findings import tell
from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where


def reconcile(where: Where, as_json: AsJson = False) -> None:
    """Name each row that isn't as the log tells; ends with 3 where there are any."""
    from colonnade import audit

    with managed(where, "read") as db:
        found = audit.reconcile(db)
    tell(found, "the tables are as the log tells", as_json=as_json)
