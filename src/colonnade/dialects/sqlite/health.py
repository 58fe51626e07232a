"""What may surprise about a schema on this database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Dialect, MetaData


def warnings(metadata: MetaData, dialect: Dialect) -> list[str]:
    """Text is told apart by code point here, whatever the models say."""
    return []
