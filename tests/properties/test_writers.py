"""Many processes at one SQLite file: nobody is told that it is busy, and nobody starves."""

from __future__ import annotations

import pytest

from tests.properties.sqlite_writers import compete

LEAST_SHARE = 0.25


@pytest.mark.parametrize("seconds", [2, pytest.param(20, marks=pytest.mark.long)])
def test_eight_processes_share_one_file(sqlite_url: str, seconds: float) -> None:
    contest = compete(sqlite_url, writers=8, seconds=seconds)
    print(contest)
    assert contest.errors == []
    assert contest.stored == contest.counts
    assert contest.counted == sum(contest.counts)
    assert contest.share >= LEAST_SHARE, contest
