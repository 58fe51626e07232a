"""`check`: whether the triggers are there."""

from __future__ import annotations

from colonnade.cli.audit.findings import tell
from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where


def check(where: Where, as_json: AsJson = False) -> None:
    """Tell which triggers the models need and the database lacks; ends with 3 where there are any."""
    from colonnade import audit

    with managed(where, "read") as db:
        found = audit.check(db)
    tell(found, "all triggers are there", as_json=as_json)
