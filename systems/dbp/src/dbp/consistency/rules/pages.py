"""An HSTC page that is older than its files, or tells of others than there are."""

from __future__ import annotations

from collections.abc import Iterator

from dbp.consistency.finding import Finding
from dbp.consistency.snapshot import Snapshot
from dbp.database.models import InconsistencyType, Severity
from dbp.hstc import check

__all__ = ["stale_pages"]


def stale_pages(snapshot: Snapshot) -> Iterator[Finding]:
    """Find what is stale on the pages that there are."""
    pages = {path for path in snapshot.documents if path == "HSTC.md" or path.endswith("/HSTC.md")}
    if not pages:
        return
    for stale in check(snapshot.root):
        if stale.page in pages:
            gone = "gone" in stale.reason
            paths = (stale.page, stale.path) if stale.path in snapshot.documents else (stale.page,)
            yield Finding(
                Severity.MAJOR if gone else Severity.MINOR,
                InconsistencyType.DOC_TO_CODE,
                f"{stale.path} {stale.reason} {stale.page}",
                "`python -m dbp hstc write` brings the page up to date",
                tuple(dict.fromkeys(paths)),
            )
