"""An index run: what differs between a tree and its documents is found, read once, and stored in batches.

Each batch is one transaction. A run that was killed leaves whole batches, and the next one does the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from dbp.database.models import PATH_LENGTH
from dbp.indexing.store import Index, Known
from dbp.source import Found, Source, files_in, read_source

__all__ = ["Event", "Outcome", "Survey", "index", "survey"]

BATCH = 200
BATCH_BYTES = 4 * 1024 * 1024

Outcome = Literal["added", "changed", "moved", "unchanged", "removed", "skipped"]
"""What became of a file; one that was skipped couldn't be read, and what is stored of it stays."""


@dataclass(frozen=True)
class Event:
    """A file's fate, told when it's stored; `problem` is what is wrong with the file itself."""

    path: str
    outcome: Outcome
    problem: str = ""
    moved_from: str = ""


@dataclass(frozen=True)
class Survey:
    """A tree beside its documents, by metadata alone: nothing was read."""

    root: Path
    project_id: int
    to_read: list[Found]
    unchanged: list[Known]
    gone: list[Known]
    unreadable: list[Found]
    known: dict[str, Known]

    @property
    def total(self) -> int:
        """How many events the run will tell."""
        return len(self.to_read) + len(self.unchanged) + len(self.gone) + len(self.unreadable)


def survey(
    store: Index,
    root: Path,
    *,
    exclude: Iterable[str] = (),
    unless: Callable[[Path], bool] | None = None,
    full: bool = False,
) -> Survey:
    """Compare a tree with what is stored of it; a project is made for a new root.

    A file counts as unchanged when size and time are as stored; with `full` none does.

    Raises:
        OSError: when the root can't be read.
        DatabaseError: when the database refuses or fails.
    """
    root = root.resolve()
    files = files_in(root, exclude=exclude, unless=unless)
    project = store.open_project(str(root), root.name or str(root))
    known = store.known(project.id)
    to_read, unchanged, unreadable = [], [], []
    for file in map(_with_path_checked, files):
        stored = known.get(file.path)
        if file.problem:
            unreadable.append(file)
        elif stored and not full and (stored.size, stored.modified) == (file.size, file.modified):
            unchanged.append(stored)
        else:
            to_read.append(file)
    there = {file.path for file in files}
    closed = tuple(f"{file.path}/" for file in unreadable)
    gone = [
        each for path, each in known.items() if path not in there and not path.startswith(closed or ("\0",))
    ]
    return Survey(root, project.id, to_read, unchanged, gone, unreadable, known)


def index(store: Index, found: Survey, *, batch: int = BATCH) -> Iterator[Event]:
    """Carry out what a survey found, and tell each file's fate once it's stored.

    Raises:
        DatabaseError: when the database refuses or fails; what was told before is stored.
    """
    for each in found.unchanged:
        yield Event(each.path, "unchanged", each.problem or "")
    for file in found.unreadable:
        yield Event(file.path, "skipped", file.problem)
    run = _Run(store, found)
    for file in found.to_read:
        try:
            source = read_source(found.root, file.path)
        except OSError as error:
            yield Event(file.path, "skipped", f"can't be read: {error.strerror or error}")
            continue
        run.add(source)
        if run.is_full(batch):
            yield from run.flush()
    yield from run.flush()
    yield from run.remove()
    store.link(found.project_id)


class _Run:
    """The batch that is being filled, and the documents whose files are gone, some of which only moved."""

    def __init__(self, store: Index, found: Survey) -> None:
        self._store = store
        self._found = found
        self._sources: list[tuple[Source, int | None]] = []
        self._touched: list[tuple[int, datetime]] = []
        self._events: list[Event] = []
        self._bytes = 0
        self._gone: dict[str, list[Known]] = defaultdict(list)
        for each in found.gone:
            self._gone[each.md5].append(each)

    def add(self, source: Source) -> None:
        """Put a file into the batch, as new, changed, moved, or no different but in its time."""
        stored = self._found.known.get(source.path)
        problem = source.problem or ""
        if stored and stored.md5 == source.md5_digest and stored.problem == source.problem:
            if stored.modified != source.last_modified:
                self._touched.append((stored.id, source.last_modified))
            self._events.append(Event(source.path, "unchanged", problem))
            return
        before = None if stored else self._moved(source)
        document = stored or before
        outcome: Outcome = "changed" if stored else "moved" if before else "added"
        self._sources.append((source, document.id if document else None))
        self._events.append(
            replace(Event(source.path, outcome, problem), moved_from=before.path if before else "")
        )
        self._bytes += source.file_size

    def is_full(self, batch: int) -> bool:
        return len(self._events) >= batch or self._bytes >= BATCH_BYTES

    def flush(self) -> list[Event]:
        """Store the batch, and give its events."""
        if self._sources:
            self._store.store(self._found.project_id, self._sources, datetime.now(UTC))
        if self._touched:
            self._store.touch(self._touched)
        events, self._events, self._sources, self._touched, self._bytes = self._events, [], [], [], 0
        return events

    def remove(self) -> Iterator[Event]:
        """Delete the documents whose files are gone for good."""
        gone = [each for several in self._gone.values() for each in several]
        for start in range(0, len(gone), BATCH):
            some = gone[start : start + BATCH]
            self._store.remove([each.id for each in some], datetime.now(UTC))
            yield from (Event(each.path, "removed") for each in some)

    def _moved(self, source: Source) -> Known | None:
        """Take one of the gone documents with the same content, one of the same file name if there is one."""
        candidates = [each for each in self._gone.get(source.md5_digest, ()) if each.size == source.file_size]
        if not candidates:
            return None
        name = PurePosixPath(source.path).name
        best = next((each for each in candidates if PurePosixPath(each.path).name == name), candidates[0])
        self._gone[source.md5_digest].remove(best)
        return best


def _with_path_checked(file: Found) -> Found:
    if len(file.path) > PATH_LENGTH:
        return replace(file, problem=f"its path has more than {PATH_LENGTH} characters")
    return file
