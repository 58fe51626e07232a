"""A migration that is killed, at whatever point, is finished by the next call, each statement once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from colonnade.testing.databases import DATABASES
from tests.databases import FreshUrl
from tests.migrations.killing import MIXED, Killable, contents, killable
from tests.migrations.test_manager import fill
from tests.migrations.trees import make_tree

Way = tuple[str, str, str]
WAYS: list[Way] = [("upgrade", "r1", "head"), ("downgrade", "head", "r1")]
KILLED = -9
LEAST = {"sqlite": 40, "postgresql": 40, "mysql": 100}
"""How many points there are at least."""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Killable]:
    """A process that can be killed, on the tree of five revisions."""
    with killable(make_tree(tmp_path / "m", MIXED), tmp_path) as process:
        yield process


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[0])
@pytest.mark.parametrize("database", DATABASES)
def test_some_points(fresh_url: FreshUrl, process: Killable, database: str, way: Way) -> None:
    assert _killed_at(process, lambda: fresh_url(database), way, points=3) == 3


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[0])
@pytest.mark.parametrize("database", DATABASES)
def test_every_point(
    fresh_url: FreshUrl, process: Killable, database: str, way: Way, record_property: Callable[..., None]
) -> None:
    tried = _killed_at(process, lambda: fresh_url(database), way)
    record_property("points", tried)
    assert tried >= LEAST[database]


def _killed_at(process: Killable, fresh: Callable[[], str], way: Way, points: int | None = None) -> int:
    """Kill it at so many of its points, else at each, and run it again; give how many were tried."""
    direction, start, target = way
    url = _started(process, fresh, start)
    whole = process.move(url, direction, target)
    assert whole.status == 0
    expected = contents(url)
    tried = range(1, whole.points + 1)
    if points is not None:
        tried = tried[whole.points // points // 2 :: whole.points // points][:points]
    for point in tried:
        url = _started(process, fresh, start)
        assert process.move(url, direction, target, point).status == KILLED
        again = process.move(url, direction, target)
        assert (again.status, contents(url)) == (0, expected), f"killed at point {point}"
    return len(tried)


def _started(process: Killable, fresh: Callable[[], str], start: str) -> str:
    url = fresh()
    process.move(url, "upgrade", "r1")
    fill(url)
    if start != "r1":
        process.move(url, "upgrade", start)
    return url
