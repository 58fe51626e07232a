"""The compliance cases pass for Colonnade's own repositories, on every driver."""

from collections.abc import Iterator
from typing import Any

import pytest

from colonnade.testing.databases import Databases
from tests.lending import ON_EACH_DRIVER, lent_manager
from tests.testing.compliant import Base, FoxCases, SeatCases, TicketCases


@pytest.fixture(scope="module", params=ON_EACH_DRIVER)
def db(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Any]:
    """One database for all cases on a driver."""
    with lent_manager(request.param, databases, Base.metadata) as manager:
        yield manager


class TestAnIntegerKey(FoxCases): ...


class TestACompositeKeyWithSoftDeletion(SeatCases): ...


class TestAUuidKeyWithEveryMixin(TicketCases): ...
