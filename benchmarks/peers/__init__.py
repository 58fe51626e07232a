"""The peers: other layers on the same drivers, one file each, as their own guides say to use them.

A peer's file has `DRIVERS`, which it can work on, `MODELS`, its own classes by ours, and
`connect(driver, url)`, which gives an object with `close` and those methods of `Peer` that it has a
way for. All are awaited where the driver is asynchronous.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Protocol

#        its file          its package         its name in the table
_PEERS = (
    ("sqlalchemy_orm", "sqlalchemy", "SQLAlchemy ORM"),
    ("sqlalchemy_core", "sqlalchemy", "SQLAlchemy Core"),
    ("sqlmodel", "sqlmodel", "SQLModel"),
    ("advanced_alchemy", "advanced_alchemy", "advanced-alchemy"),
    ("django", "django", "Django"),
    ("peewee", "peewee", "Peewee"),
    ("piccolo", "piccolo", "Piccolo"),
    ("tortoise", "tortoise", "Tortoise"),
)


class Peer(Protocol):
    """What a peer is asked; each method does once what its question says, with that question's argument."""

    def get(self, id: int) -> Any: ...
    def create(self, clip: Any) -> Any: ...
    def update(self, change: tuple[int, int, int]) -> Any: ...
    def delete(self, id: int) -> Any: ...
    def create_many(self, clips: list[Any]) -> Any: ...
    def update_many(self, rows: list[dict[str, int]]) -> Any: ...
    def page(self, place: tuple[int, str]) -> Any: ...
    def all_rows(self, _: None) -> Any: ...
    def related(self, project: int) -> Any: ...
    def close(self) -> Any: ...


def peers() -> Iterator[tuple[str, ModuleType]]:
    """Give the name and file of each peer that is installed."""
    for file, package, name in _PEERS:
        if find_spec(package) is not None:
            yield name, import_module(f"{__name__}.{file}")


def left_out() -> list[str]:
    """Give the names of the peers that aren't installed."""
    return [name for _, package, name in _PEERS if find_spec(package) is None]
