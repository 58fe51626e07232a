"""`verify`: whether the log stands up to its seals."""

from __future__ import annotations

from colonnade.cli.audit.findings import tell
from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where


def verify(where: Where, as_json: AsJson = False) -> None:
    """Name each sealed entry that was altered, removed or put in; ends with 3 where there are any.

    The key is in COLONNADE_AUDIT_KEY.
    """
    from colonnade import audit

    with managed(where, "read") as db:
        found = audit.verify(db)
    tell(found, "the log stands up to its seals", as_json=as_json)
