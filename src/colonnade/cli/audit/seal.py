"""`seal`: seals on what has been recorded."""

from __future__ import annotations

from colonnade.cli.database import managed
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json


def seal(where: Where, as_json: AsJson = False) -> None:
    """Seal what isn't sealed yet, and print the roots with --json. The key is in COLONNADE_AUDIT_KEY."""
    from colonnade import audit

    with managed(where, "write") as db:
        count, roots = audit.seal(db), audit.export(db)
    if as_json:
        show_json({"sealed": count, "roots": roots})
    else:
        say(f"{count} entries were sealed; the last root is {roots[-1]['root'] if roots else 'none'}")
