"""Functions and methods, each of one document."""

from __future__ import annotations

from dbp.database.models import Function
from dbp.database.repositories.base_repository import AsyncBaseRepository, BaseRepository, PartOperations

__all__ = ["AsyncFunctionRepository", "FunctionOperations", "FunctionRepository"]


class FunctionOperations(PartOperations[Function]):
    """What is asked about functions, on either face."""


class FunctionRepository(FunctionOperations, BaseRepository[Function]):
    """Functions, synchronously."""


class AsyncFunctionRepository(FunctionOperations, AsyncBaseRepository[Function]):
    """Functions, asynchronously."""
