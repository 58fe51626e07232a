"""Objects made of rows, as SQLAlchemy makes them, and the garbage collector around them."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect
from sqlalchemy.orm import InstanceState, class_mapper, configure_mappers

from colonnade.engine import internals
from colonnade.models import UTCDateTime
from colonnade.repository.instances import VERY_MANY, Instances, unhurried
from tests.repository.models import Clip, Video


def made(rows: list[Any]) -> list[Any]:
    configure_mappers()
    engine = create_engine("sqlite://")
    instances: Any = Instances(class_mapper(Video), engine.dialect)
    found: list[Any] = instances.plain([tuple(row[name] for name in instances.names) for row in rows])
    return found


def row(id: int | None) -> dict[str, Any]:
    return {prop.key: None for prop in class_mapper(Video).column_attrs} | {"id": id}


def test_a_state_made_in_place_is_what_sqlalchemy_makes() -> None:
    configure_mappers()
    manager = class_mapper(Video).class_manager
    lines, names = internals.instance_source(manager)
    assert "new_state" in names, "a state holds something else now: it's made the slow way"
    exec("\n".join(lines), names)
    another = manager.new_instance()
    ours, theirs = inspect(names["instance"]), inspect(another)
    assert type(ours) is type(theirs) is InstanceState
    for name in ("class_", "manager", "committed_state", "expired_attributes", "load_options", "modified"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.obj() is names["instance"]
    assert vars(ours) == vars(theirs)


def test_paths_are_those_of_a_load() -> None:
    configure_mappers()
    related = class_mapper(Video).relationships["clips"]
    path = internals.path_along(internals.path_of(class_mapper(Video)), related)
    assert tuple(path.path) == (class_mapper(Video), related, class_mapper(Clip))


def test_a_row_without_a_key_is_left_to_the_session() -> None:
    assert [one.id for one in made([row(1), row(2)])] == [1, 2]
    assert made([row(1), row(None)]) is None


@pytest.mark.parametrize("count", [1, VERY_MANY])
@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_put_back(count: int, enabled: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with pytest.raises(ZeroDivisionError), unhurried(count):
            assert gc.isenabled() is (enabled and count == 1)
            raise ZeroDivisionError
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()


_dialect = create_engine("sqlite://").dialect
_fused: Any = UTCDateTime().dialect_impl(_dialect).result_processor(_dialect, None)
_plain: Any = UTCDateTime().dialect_impl(_dialect)
_texts = st.datetimes(timezones=st.none() | st.timezones()).map(lambda instant: instant.isoformat(" "))


@given(
    _texts
    | st.builds(
        lambda text, at, other: text[:at] + other + text[at + 1 :],
        _texts,
        st.integers(0, 30),
        st.text("0123456789-:+.ZTW ", max_size=2),
    )
)
def test_instants_are_read_as_in_two_steps(text: str) -> None:
    step = _plain.impl_instance.result_processor(_dialect, None)
    try:
        expected = _plain.process_result_value(step(text), _dialect)
    except (ValueError, OverflowError):
        return
    found = _fused(text)
    assert (found, found.tzinfo, found.fold) == (expected, expected.tzinfo, expected.fold)
