"""Mixins for mapped classes, on our `Base` or any other: timestamps, versions, soft delete."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Integer, Table, event, inspect, text
from sqlalchemy.orm import Mapped, MappedColumn, declared_attr, mapped_column

from colonnade.dialects.contract import TOUCHED, known_dialect
from colonnade.errors import ConfigurationError
from colonnade.models.types import UTCDateTime, utcnow

__all__ = ["CreatedAtMixin", "SoftDeleteMixin", "TimestampMixin", "VersionMixin"]


if TYPE_CHECKING:
    _column = declared_attr
else:

    def _column(function: Any) -> Any:
        # A dataclass mapping refuses an annotated column of a class that is no dataclass; without the
        # annotation it's mapped all the same, and stays out of __init__.
        function.__annotations__ = {}
        return declared_attr(function)


class CreatedAtMixin:
    """`created_at`: when the row was inserted, by the client's clock; by the server's for a raw INSERT."""

    @_column
    def created_at(cls) -> Mapped[datetime]:
        return mapped_column(
            UTCDateTime, insert_default=_now, server_default=utcnow(), nullable=False, sort_order=900
        )


class TimestampMixin(CreatedAtMixin):
    """`created_at`, and `updated_at`, which every UPDATE moves, whoever sends it.

    On INSERT both are the same instant. An UPDATE through SQLAlchemy (object, statement or bulk) brings
    its own time; any other is given one by a trigger that is made and dropped with the table. The
    trigger goes by the server's clock and never back. An UPDATE that sets `updated_at` to something else is
    left alone. On SQLite the RETURNING of a raw UPDATE still shows the old value.
    """

    @_column
    def updated_at(cls) -> Mapped[datetime]:
        mapped: MappedColumn[datetime] = mapped_column(
            UTCDateTime,
            insert_default=_created,
            onupdate=_now,
            server_default=utcnow(),
            nullable=False,
            sort_order=901,
        )
        event.listen(mapped.column, "after_parent_attach", _touch_with_table, propagate=True)
        return mapped


class VersionMixin:
    """`version`: counts the row's updates, so that one who read an older state can't overwrite a newer.

    With `__mapper_args__` of the class's own, the counter is added to them. VersionMixin stands before
    the base. Only the ORM's unit of work counts; a bulk or Core UPDATE must say `version = version + 1`.

    Raises:
        ConfigurationError: when the class would be mapped without its counter.
    """

    @_column
    def version(cls) -> Mapped[int]:
        return mapped_column(Integer, server_default="1", nullable=False, sort_order=899)

    def __init_subclass__(cls, **keywords: Any) -> None:
        _count_versions(cls)
        super().__init_subclass__(**keywords)
        mapper: Any = inspect(cls, raiseerr=False)
        if mapper is not None and mapper.version_id_col is None:
            raise ConfigurationError(
                f"{cls.__name__} is mapped without its version counter",
                remedy="Name VersionMixin before the base, and keep __mapper_args__ in the class itself.",
            )


class SoftDeleteMixin:
    """`deleted_at`: when the row was marked as deleted; None while it's alive."""

    @_column
    def deleted_at(cls) -> Mapped[datetime | None]:
        return mapped_column(UTCDateTime, index=True, nullable=True, sort_order=902)


def _now() -> datetime:
    return datetime.now(UTC)


def _created(context: Any) -> datetime:
    """The instant that the same row's created_at was given."""
    # Not with isolated groups: with them `insert(Model).values([…])` fails in SQLAlchemy 2.1.9 (KeyError).
    # Keys end in the row's number there; the first row's in nothing, or in _m0 where a value was passed.
    given = context.get_current_parameters(isolate_multiinsert_groups=False)
    row = context.current_column.key.removeprefix("updated_at")
    created = given.get(f"created_at{row}", None if row else given.get("created_at_m0"))
    return created if isinstance(created, datetime) else _now()


setattr(_created, "colonnade_values_only", True)  # noqa: B010 (no Session is needed to call it)


def _count_versions(cls: type[Any]) -> None:
    own = cls.__dict__.get("__mapper_args__")
    if own is None and not any("__mapper_args__" in base.__dict__ for base in cls.__mro__[1:]):
        own = {}
    if isinstance(own, dict) and "version_id_col" not in own and not _inherits_mapping(cls):
        cls.__mapper_args__ = _with_counter(own)


def _with_counter(own: dict[str, Any]) -> Any:
    # A subclass asks the same directive again, and inherits the counter without it.
    return declared_attr.directive(
        lambda cls: {} if _inherits_mapping(cls) else {**own, "version_id_col": cls.version}
    )


def _inherits_mapping(cls: Any) -> bool:
    """Whether a class that this one inherits from is mapped, and so has the counter already."""
    return any(inspect(base, raiseerr=False) is not None for base in cls.__mro__[1:-1])


def _touch_with_table(column: Column[Any], table: Table) -> None:
    """Make and drop the trigger that moves the column together with its table."""
    column.info[TOUCHED] = True

    def create(target: Table, connection: Connection, **_: Any) -> None:
        if dialect := known_dialect(connection.dialect.name):
            _send(connection, dialect.triggers.create_touch(target, target.c[column.key]))

    def drop(target: Table, connection: Connection, **_: Any) -> None:
        if dialect := known_dialect(connection.dialect.name):
            _send(connection, dialect.triggers.drop_touch(target, target.c[column.key]))

    event.listen(table, "after_create", create, propagate=True)
    event.listen(table, "after_drop", drop, propagate=True)


def _send(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        # text() doubles percent signs for the drivers that want it; a bare colon would be a parameter.
        connection.execute(text(statement.replace(":", r"\:")))
