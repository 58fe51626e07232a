"""Each column type comes back the same, by either way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.databases import Driver
from tests.ways import types_decorated as decorated
from tests.ways import types_everywhere as everywhere
from tests.ways import types_of_databases as alone
from tests.ways import types_ours as ours
from tests.ways.conftest import Both
from tests.ways.recording import Way
from tests.ways.snapshots import of_entity
from tests.ways.walks import every_operation

GENERIC = [
    pytest.param(everywhere.Numbers, everywhere.NUMBERS, everywhere.NUMBER_CHANGES, id="numbers"),
    pytest.param(everywhere.Texts, everywhere.TEXTS, everywhere.TEXT_CHANGES, id="texts"),
    pytest.param(everywhere.Times, everywhere.TIMES, everywhere.TIME_CHANGES, id="times"),
    pytest.param(everywhere.Numbers, everywhere.NAN_ROWS, [], id="no numbers"),
]


@pytest.mark.parametrize("model, rows, changes", GENERIC)
def test_generic_types(both: Both, model: Any, rows: Any, changes: Any) -> None:
    both(every_operation(model, rows, changes), model)


OURS = [
    pytest.param(ours.Ours, ours.OURS, ours.OUR_CHANGES, id="ours"),
    pytest.param(decorated.Decorated, decorated.DECORATED, decorated.DECORATED_CHANGES, id="decorated"),
    pytest.param(decorated.Decorated, decorated.FAILING, [], id="failing"),
    pytest.param(decorated.Changing, decorated.CHANGING, decorated.CHANGING_CHANGES, id="changing"),
]
ALONE = {
    "postgresql": (alone.OnPostgresql, alone.ON_POSTGRESQL, alone.ON_POSTGRESQL_CHANGES),
    "mysql": (alone.OnMysql, alone.ON_MYSQL, alone.ON_MYSQL_CHANGES),
    "sqlite": (alone.OnSqlite, alone.ON_SQLITE, alone.ON_SQLITE_CHANGES),
}


@pytest.mark.parametrize("model, rows, changes", OURS)
def test_types_of_ours_and_of_users(both: Both, model: Any, rows: Any, changes: Any) -> None:
    both(every_operation(model, rows, changes, deleting=rows is not decorated.FAILING), model)


@pytest.mark.filterwarnings("ignore:Type object:sqlalchemy.exc.SADeprecationWarning")  # of YEAR, INET, …
def test_types_of_one_database(both: Both, driver: Driver) -> None:
    model, rows, changes = ALONE[driver.database]
    both(every_operation(model, rows, changes), model)


def test_refused_values(both: Both) -> None:
    def scenario(way: Way) -> None:
        way.call("create", ours.Ours, ours.Ours(count=1))
        for values in ours.OUR_REFUSED:
            way.call("create", ours.Ours, ours.Ours(**values))
            way.call("update", ours.Ours, 1, values)
            for name, value in values.items():
                way.call("count", ours.Ours, getattr(ours.Ours, name) == value)
        way.call("create_many", ours.Ours, [ours.Ours(count=2), ours.Ours(**ours.OUR_REFUSED[0])])
        way.call("get", ours.Ours, 1)

    both(scenario, ours.Ours)


def test_a_value_that_tells_of_its_changes(both: Both) -> None:
    """Changed in place after the call, it marks its object as changed, and a Session writes it."""

    def scenario(way: Way) -> None:
        made = way.call("create", decorated.Changing, decorated.Changing(**decorated.CHANGING[0]))
        for entity in (
            made,
            way.call("get", decorated.Changing, made.id),
            way.call("first", decorated.Changing),
        ):
            entity.settings["more"] = 1
            entity.items.append(2)
            entity.marks.add("y")
            entity.counted.add()
            way.look("changed in place", of_entity(entity))
            way.call("save", decorated.Changing, entity)
            way.rows(decorated.Changing)

    both(scenario, decorated.Changing)
