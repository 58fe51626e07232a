"""The asynchronous face of every repository: Colonnade's own."""

from colonnade import AsyncBaseRepository

__all__ = ["AsyncBaseRepository"]
