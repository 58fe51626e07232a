"""A table as the database makes it of a model's, for a moment: what is compared is the server's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, Table
from sqlalchemy.schema import CreateIndex, CreateTable

from colonnade.dialects.contract import dialect_named

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["tried"]


def _as_it_is(like: Table) -> None:
    pass


@contextmanager
def tried(
    connection: Connection, wanted: Table, change: Callable[[Table], None] = _as_it_is
) -> Iterator[tuple[Connection, str | None]]:
    """Make a table like this one, without its foreign keys, while the block lasts; give where it is.

    That's a connection and a schema. `change` may change the copy before.

    Raises:
        SQLAlchemyError: the database refuses it.
    """
    metadata = MetaData(naming_convention=wanted.metadata.naming_convention)
    like = wanted.to_metadata(metadata)
    like._prefixes = ["TEMPORARY"]
    change(like)
    create = CreateTable(like, include_foreign_key_constraints=())
    indexes = [CreateIndex(each) for each in sorted(like.indexes, key=lambda each: str(each.name))]
    room = dialect_named(connection.dialect.name).wanted
    with room.made(connection, create, indexes, str(wanted.name)) as place:
        yield place
