"""What SQLite makes of the CHECKs that a model asks for: of a table like it, in a database in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    from sqlalchemy import Connection


def checks_made(connection: Connection, create: Any, name: str) -> Mapping[str, str]:
    """Give the text of each CHECK by its name, as `create` makes them."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.connect() as aside:
            aside.exec_driver_sql(str(create.compile(dialect=connection.dialect)).replace("TEMPORARY", "", 1))
            found = inspect(aside).get_check_constraints(name)
    finally:
        engine.dispose()
    return {str(each["name"]): each["sqltext"] for each in found}
