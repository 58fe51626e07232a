"""What the server makes of the CHECKs that a model asks for: of a temporary table, in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

if TYPE_CHECKING:
    from sqlalchemy import Connection


def checks_made(connection: Connection, create: Any, name: str) -> Mapping[str, str]:
    """Give the text of each CHECK by its name; `create` makes a temporary table, which goes again."""
    quoted = connection.dialect.identifier_preparer.quote(name)
    connection.execute(create)
    try:
        found = inspect(connection).get_check_constraints(name)
    finally:
        connection.exec_driver_sql(f"DROP TEMPORARY TABLE {quoted}")
    return {str(each["name"]): each["sqltext"] for each in found}
