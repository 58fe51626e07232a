"""What the server makes of the CHECKs that a model asks for: of a temporary table, in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, text

if TYPE_CHECKING:
    from sqlalchemy import Connection


def checks_made(connection: Connection, create: Any, name: str) -> Mapping[str, str]:
    """Give the text of each CHECK by its name; `create` makes a temporary table, which goes again."""
    trial = connection.begin_nested()
    try:
        connection.execute(create)
        schema = connection.scalar(text("SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()"))
        found = inspect(connection).get_check_constraints(name, schema=schema)
    finally:
        trial.rollback()
    return {str(each["name"]): each["sqltext"] for each in found}
