"""An asynchronous driver's connection, for those who call it inside a greenlet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from sqlalchemy.util import await_only

Rows = Sequence[Sequence[Any]]


class Awaited(ABC):
    """Answers what a synchronous connection answers, by `asked`, which may be awaited as well."""

    __slots__ = ()

    @abstractmethod
    async def asked(self, ask: str, statement: str, parameters: Any) -> Any:
        """Send the statement and give what the method named `ask` gives."""

    def fetch(self, statement: str, parameters: Any) -> Rows:
        rows: Rows = await_only(self.asked("fetch", statement, parameters))
        return rows

    def read(self, statement: str, parameters: Any) -> Rows:
        rows: Rows = await_only(self.asked("read", statement, parameters))
        return rows

    def described(self, statement: str, parameters: Any) -> tuple[Rows, Sequence[Any]]:
        found: tuple[Rows, Sequence[Any]] = await_only(self.asked("described", statement, parameters))
        return found

    def change(self, statement: str, parameters: Any) -> int:
        count: int = await_only(self.asked("change", statement, parameters))
        return count

    def insert(self, statement: str, parameters: Any) -> int:
        number: int = await_only(self.asked("insert", statement, parameters))
        return number
