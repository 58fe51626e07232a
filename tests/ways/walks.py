"""The scenario that most tests run: every operation, over rows and changes of one class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import inspect as state_of
from sqlalchemy.orm import class_mapper as mapper_of

from tests.ways.recording import Way
from tests.ways.snapshots import varies

Values = Mapping[str, Any]


def every_operation(
    model: Any,
    rows: Sequence[Values],
    changes: Sequence[Values] = (),
    missing: Any = 999,
    *,
    deleting: bool = True,
) -> Callable[[Way], None]:
    """Give a scenario that creates the rows, makes the changes to them and reads by everything there is.

    Without `deleting` the rows stay: those that can't be loaded can be deleted without it.
    """

    def scenario(way: Way) -> None:
        made = [way.call("create", model, model(**row)) for row in rows]
        keys = [key_of(one) for one in made if one is not None]
        read(way, model, keys, missing)
        find_by_value(way, model, rows)
        change(way, model, keys, changes, missing)
        values = changes[0] if changes else {}
        for entity in (*made[:1], *(way.call("get", model, key) for key in keys[1:2])):
            if entity is not None:
                way.live_on(entity, values)
        for key in (*keys[:1], *keys[:1], missing):
            way.call("delete", model, key)
        if deleting:
            way.call("delete_many", model, keys)
        write_many(way, model, rows, changes, missing)

    return scenario


def some_operations(
    model: Any, rows: Sequence[Values], changes: Sequence[Values] = (), missing: Any = 999
) -> Callable[[Way], None]:
    """Give a scenario like `every_operation`, with one call of a kind."""

    def scenario(way: Way) -> None:
        made = [way.call("create", model, model(**row)) for row in rows]
        keys = [key_of(one) for one in made if one is not None]
        for key in (*keys[:2], missing):
            way.call("get", model, key)
        way.call("find", model, order_by=by_key(model))
        way.call("count", model)
        way.call("page", model, limit=1)
        for number, values in enumerate(changes):
            way.call("update", model, keys[number % len(keys)] if keys else missing, values)
        for entity in made[-1:]:
            if entity is not None:
                way.live_on(entity, changes[0] if changes else {})
        for key in keys[:1]:
            way.live_on(way.call("get", model, key), changes[-1] if changes else {})
            way.call("delete", model, key)
        way.call("create_many", model, [model(**row) for row in rows])

    return scenario


def read(way: Way, model: Any, keys: Sequence[Any], missing: Any) -> None:
    """Read by key, by offset and by keyset."""
    for key in (*keys[:3], missing):
        way.call("get", model, key)
    for key in (*keys[:1], missing):
        way.call("get_one", model, key)
    way.call("get_many", model, [*reversed(keys), missing])
    way.call("list", model)
    way.call("list", model, 1, 1)
    way.call("list_and_count", model, 0, 2)
    way.call("find", model, order_by=by_key(model))
    way.call("find", model, order_by=[f"-{name}" for name in key_names(model)], skip=1, limit=2)
    way.call("first", model)
    way.call("one", model)
    way.call("one", model, *equal(model, keys[0] if keys else missing))
    way.call("exists", model)
    way.call("exists", model, *equal(model, missing))
    way.call("count", model)
    way.call("stream", model, batch=2, order_by=by_key(model))
    page = way.call("page", model, limit=2)
    if page is not None and page.next_cursor is not None:
        page = way.call("page", model, limit=2, cursor=page.next_cursor)
        if page is not None and page.previous_cursor is not None:
            way.call("page", model, limit=2, cursor=page.previous_cursor)


def find_by_value(way: Way, model: Any, rows: Sequence[Values]) -> None:
    """Find by a value of each column, those of the rows in turn."""
    for number, name in enumerate(mapper_of(model).column_attrs.keys()):
        row = rows[number % len(rows)]
        if name in row and not varies(name):
            attribute, value = getattr(model, name), row[name]
            if value is None or number % 4:
                way.call("count", model, attribute.is_(None) if value is None else attribute == value)
            elif number % 8:
                way.call("exists", model, attribute == value)
            else:
                way.call("find", model, filters={name: value}, order_by=by_key(model))
                way.call("find", model, order_by=(name, *by_key(model)), limit=2)


def change(way: Way, model: Any, keys: Sequence[Any], changes: Sequence[Values], missing: Any) -> None:
    """Make each change to one of the rows, and read what has become of it."""
    for number, values in enumerate(changes):
        key = keys[number % len(keys)] if keys else missing
        way.call("update", model, key, values)
        way.call("get", model, key)
    for values in changes[:1]:
        way.call("update", model, missing, values)
        for name, value in list(values.items())[:2]:
            way.call("update", model, keys[0] if keys else missing, {name: value})
    for key in keys[:1]:
        way.call("update", model, key, {})


def write_many(way: Way, model: Any, rows: Sequence[Values], changes: Sequence[Values], missing: Any) -> None:
    """Create, change, upsert and delete all rows, each in one call."""
    made = way.call("create_many", model, [model(**row) for row in rows]) or []
    keys = [key_of(one) for one in made]
    for values in changes:
        way.call("update_many", model, [{**parts(model, key), **values} for key in keys])
    way.call("get_many", model, keys)
    named = set(key_names(model))
    ungiven = [{name: value for name, value in row.items() if name not in named} for row in rows]
    way.call(
        "upsert_many",
        model,
        [model(**row, **parts(model, key)) for row, key in zip(ungiven, keys, strict=False)],
    )
    way.rows(model)
    for entity in made[-1:]:
        way.live_on(entity, changes[-1] if changes else {})
    way.call("delete_many", model, [*keys[1:], missing])


def by_key(model: Any) -> tuple[Any, ...]:
    """The order by primary key."""
    return tuple(getattr(model, name) for name in key_names(model))


def key_names(model: Any) -> list[str]:
    """The names of the primary key's attributes."""
    mapper = mapper_of(model)
    return [mapper.get_property_by_column(column).key for column in mapper.primary_key]


def key_of(entity: Any) -> Any:
    """An object's key as the operations take it."""
    identity = state_of(entity).identity
    return identity[0] if len(identity) == 1 else tuple(identity)


def parts(model: Any, key: Any) -> dict[str, Any]:
    """A key as values by name."""
    names = key_names(model)
    return dict(zip(names, key if len(names) > 1 else (key,), strict=True))


def equal(model: Any, key: Any) -> list[Any]:
    """Criteria that the row of this key meets."""
    return [getattr(model, name) == value for name, value in parts(model, key).items()]
