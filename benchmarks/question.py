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

    `arguments` prepares some calls and gives what each is passed; `prepare` turns that into what a layer
    above the driver takes, such as an object of its model. `writes` says that rows are changed, and are
    put back after each batch. `beside` (without a connection) and `beside_raw` hold other cases, which say
    where the time goes. `asked_of_peers` is the method's name where it isn't the question's.
    """

    name: str
    title: str
    arguments: Callable[[Store, random.Random, int], Sequence[Any]]
    raw: Mapping[str, Way]
    ours: Way
    prepare: Callable[[type[Any], Any], Any] = lambda model, argument: argument
    model: type[Any] = Clip
    asked_of_peers: str = ""
    least_calls: int = 20
    writes: bool = False
    beside: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    beside_raw: Mapping[str, Way] = field(default_factory=dict)
