"""The shared cases for a repository and a model of a user's own: `RepositoryCases`.

In a test module, with a fixture `db` that gives a manager of either face:

    class TestClips(RepositoryCases[Clip]):
        repository = ClipRepository
        async_repository = AsyncClipRepository
        changes = {"out_point": 96}

        def new(self, number: int) -> Clip:
            return Clip(video_id=self.parents[0].id, in_point=number, out_point=48)
"""

from typing import TypeVar

import pytest

pytest.register_assert_rewrite(
    *(f"{__name__}.{room}" for room in ("bulk", "pages", "reading", "transactions", "writing", "mixins"))
)

from colonnade.testing.compliance.bulk import BulkCases  # noqa: E402
from colonnade.testing.compliance.cases import Case  # noqa: E402
from colonnade.testing.compliance.mixins import MixinCases  # noqa: E402
from colonnade.testing.compliance.pages import PageCases  # noqa: E402
from colonnade.testing.compliance.reading import ReadingCases  # noqa: E402
from colonnade.testing.compliance.transactions import TransactionCases  # noqa: E402
from colonnade.testing.compliance.writing import WritingCases  # noqa: E402

__all__ = ["Case", "RepositoryCases"]

T = TypeVar("T")


class RepositoryCases(
    ReadingCases[T],
    PageCases[T],
    WritingCases[T],
    BulkCases[T],
    MixinCases[T],
    TransactionCases[T],
):
    """What every repository of Colonnade's promises, as tests; see `Cases` for what to fill in."""
