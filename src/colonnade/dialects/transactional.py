"""Arguments of a `Table` by which its rows are undone with their transaction, on every database."""

from __future__ import annotations

from collections.abc import Mapping

TRANSACTIONAL: Mapping[str, str] = {"mysql_engine": "InnoDB", "mariadb_engine": "InnoDB"}
"""What a server gives tables by default may be another engine."""
