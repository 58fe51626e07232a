"""The rules, one a module: each takes a snapshot and gives findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dbp.consistency.finding import Finding
from dbp.consistency.rules import circles, dependencies, gone, pages, signatures
from dbp.consistency.snapshot import Snapshot

__all__ = ["RULES", "findings_in"]

RULES: tuple[Callable[[Snapshot], Iterator[Finding]], ...] = (
    gone.files_named,
    gone.names_told,
    pages.stale_pages,
    dependencies.listed_and_imported,
    signatures.in_docstrings,
    signatures.in_prose,
    circles.forbidden,
)


def findings_in(snapshot: Snapshot) -> list[Finding]:
    """Give everything that any rule finds, each once, in the rules' order."""
    return list(dict.fromkeys(finding for rule in RULES for finding in rule(snapshot)))
