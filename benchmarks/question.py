"""What a question is: the work in words, each raw driver's way, and ours."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.clips import Clip, Store

Way = Callable[[Any, Any], Any]
"""Takes a connection (or repository) and an argument, and does the work once."""


@dataclass(frozen=True)
class Question:
    """One row of the table. `raw` has a way for each driver; `ours` takes a repository of `model`.

    `arguments` prepares some calls and gives what each is passed. `writes` says that rows are changed, and
    are put back after each batch. `beside` holds other cases that say where the time goes.
    """

    name: str
    title: str
    arguments: Callable[[Store, random.Random, int], Sequence[Any]]
    raw: Mapping[str, Way]
    ours: Way
    model: type[Any] = Clip
    least_calls: int = 20
    writes: bool = False
    beside: Mapping[str, Way] = field(default_factory=dict)
