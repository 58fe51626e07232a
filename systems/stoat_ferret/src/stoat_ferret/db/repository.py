"""The synchronous face of every repository: Colonnade's own."""

from colonnade import BaseRepository

__all__ = ["BaseRepository"]
