"""All operations of a repository, from which a user's own mixin derives.

They are written in rooms by kind: `reading`, `reports`, `writing` (one entity) and `bulk` (many).
"""

from __future__ import annotations

from typing import TypeVar

from colonnade.repository.bulk import BulkOperations
from colonnade.repository.reports import ReportOperations

T = TypeVar("T")


class RepositoryOperations(BulkOperations[T], ReportOperations[T]):
    """The operations that both faces share. Derive from it to write your own once:

        class ClipOperations(RepositoryOperations[Clip]):
            @operation
            def find_by_video(self, video_id: int) -> list[Clip]:
                return self.find(Clip.video_id == video_id)

        class ClipRepository(ClipOperations, BaseRepository[Clip]): ...
        class AsyncClipRepository(ClipOperations, AsyncBaseRepository[Clip]): ...

    A body is plain code on both faces: it calls other operations without `await`, reads
    relationships lazily, and reaches any statement through `self.scalars(statement)`,
    `self.execute(statement)` and `self.db_session`. Alone, the whole body is one transaction.
    """
