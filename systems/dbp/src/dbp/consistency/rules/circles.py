"""A circular import where a header says that there mustn't be one."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping

from dbp.consistency.finding import Finding
from dbp.consistency.snapshot import Snapshot
from dbp.database.models import InconsistencyType, Severity

__all__ = ["forbidden"]

_FORBIDS = re.compile(
    r"circular(ity|\s+(import|dependenc))|import\s+(circle|cycle)|cyclic\s+import", re.IGNORECASE
)


def forbidden(snapshot: Snapshot) -> Iterator[Finding]:
    """Find the shortest circle through each file whose constraints or principles forbid one.

    Imports inside functions and those for type checkers alone close no circle when a module is loaded.
    """
    forbidding = {
        each.path: text
        for each in snapshot.python
        if (
            text := next(
                (line for line in [*each.constraints, *each.principles] if _FORBIDS.search(line)), ""
            )
        )
    }
    if not forbidding:
        return
    graph = {
        each.path: sorted({*snapshot.imported(each, deferred=False).values()} & snapshot.documents.keys())
        for each in snapshot.python
    }
    for path, text in forbidding.items():
        if circle := _shortest(graph, path):
            yield Finding(
                Severity.CRITICAL,
                InconsistencyType.DESIGN_DECISION_VIOLATION,
                f"{path} says {text.splitlines()[0]!r}, and imports itself: {' -> '.join(circle)}",
                "Import inside the function that needs it, or move what both need into a module of its own",
                tuple(dict.fromkeys(circle)),
            )


def _shortest(graph: Mapping[str, list[str]], start: str) -> list[str]:
    """Give the shortest way from a file back to itself; nothing where there's none."""
    before: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for target in graph.get(here, ()):
            if target == start:
                way = [start, here]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return way[::-1]
            if target not in before:
                before[target] = here
                waiting.append(target)
    return []
