"""What can be listened to, and a record of each call.

A listener is a target, an event's name and what its call is shown as. Targets are named by functions of
the way, so that each way has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, Session, mapped_column
from sqlalchemy.pool import Pool

from tests.ways.recording import Way


class Base(DeclarativeBase): ...


class Tenanted:
    """A mixin whose attribute is listened to wherever it's mapped."""

    tenant: Mapped[int] = mapped_column(default=1)


class Heard(Tenanted, Base):
    __tablename__ = "ways_heard"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))
    updated: Mapped[str | None] = mapped_column(sa.String(50), onupdate="u")


class Unheard(Base):
    """Nobody listens to this one."""

    __tablename__ = "ways_unheard"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(50))


SESSION_EVENTS = (
    "before_flush after_flush after_flush_postexec before_commit after_commit after_rollback "
    "after_soft_rollback after_begin before_attach after_attach after_transaction_create "
    "after_transaction_end do_orm_execute "
    "loaded_as_persistent transient_to_pending pending_to_persistent persistent_to_detached "
    "persistent_to_deleted deleted_to_detached persistent_to_transient detached_to_persistent "
    "after_bulk_update after_bulk_delete"
).split()
MAPPER_EVENTS = ("before_insert after_insert before_update after_update before_delete after_delete").split()
INSTANCE_EVENTS = "init init_failure load refresh refresh_flush expire pickle unpickle".split()
ATTRIBUTE_EVENTS = "set modified init_scalar".split()
ENGINE_EVENTS = (
    "before_execute after_execute before_cursor_execute after_cursor_execute handle_error "
    "begin commit rollback engine_connect release_savepoint savepoint"
).split()
DIALECT_EVENTS = "do_execute do_executemany do_execute_no_params do_setinputsizes".split()
POOL_EVENTS = "checkout checkin connect first_connect reset invalidate close".split()


@contextmanager
def heard(target: Any, names: Sequence[str], calls: list[str], **options: Any) -> Iterator[None]:
    """Listen to these events of the target, noting each call."""
    listeners = [(name, _noting(name, calls)) for name in names]
    for name, listener in listeners:
        event.listen(target, name, listener, **options)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(target, name, listener)


def _noting(name: str, calls: list[str]) -> Callable[..., None]:
    def listener(*args: Any, **_: Any) -> None:
        calls.append(f"{name}({', '.join(type(one).__name__ for one in args)})")

    return listener


def walk(way: Way, model: Any = Heard) -> None:
    """One call of each kind, and one that fails."""
    made = way.call("create", model, model(name="fox"))
    way.call("create_many", model, [model(name="a"), model(name="b")])
    for id in (1, 99):
        way.call("get", model, id)
    way.call("get_many", model, [1, 2])
    way.call("find", model, model.name == "fox")
    way.call("first", model)
    way.call("one", model, model.name == "a")
    way.call("list_and_count", model)
    way.call("count", model)
    way.call("exists", model)
    way.call("page", model, limit=1)
    way.call("stream", model, order_by="id")
    way.call("update", model, 1, {"name": "owl"})
    way.call("update_many", model, [{"id": 2, "name": "c"}])
    way.call("upsert_many", model, [model(id=2, name="d"), model(id=50, name="e")])
    way.call("create", model, model(id=1))
    way.call("delete", model, 2)
    way.call("delete_many", model, [3, 99])
    if made is not None:
        way.call("save", model, made)


def brief_walk(way: Way, model: Any) -> None:
    """The commonest calls, from an object's making to its end."""
    made = way.call("create", model, model(name="fox"))
    key = made.__dict__.get("id") if made is not None else 99
    way.call("get", model, key)
    way.call("find", model, order_by="id")
    way.call("page", model, limit=1)
    way.call("count", model)
    way.call("exists", model, model.id == key)
    way.call("stream", model, order_by="id")
    way.call("update", model, key, {"name": "owl"})
    way.call("create_many", model, [model(id=90), model(id=91)])
    way.call("update_many", model, [{"id": 90, "name": "hen"}])
    way.call("upsert_many", model, [model(id=91, name="ibis")])
    way.call("delete", model, key)
    way.call("delete_many", model, [90, 91])


def target_of(kind: str, way: Way) -> Any:
    """What to listen to: an instance of this way's own, or a class that stands for all."""
    engine: Engine = way.engine
    return {
        "Session": Session,
        "Mapper": Mapper,
        "Engine": Engine,
        "Connection": Connection,
        "Pool": Pool,
        "this engine": engine,
        "this pool": engine.pool,
        "this class": Heard,
        "this mapper": sa.inspect(Heard),
        "this base": Base,
        "an attribute": Heard.name,
    }[kind]
