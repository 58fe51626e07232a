"""Cases about pages by keyset."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest

from colonnade.errors import EntityValidationError
from colonnade.testing.compliance.cases import Case, Cases

T = TypeVar("T")


class PageCases(Cases[T]):
    """Every row comes once, forward and back."""

    def test_pages_give_each_row_once_in_order(self, case: Case[T]) -> None:
        keys = case.keys(case.stored(5))
        for limit in (1, 2, 5, 6):
            assert _forward(case, limit=limit) == keys

    def test_pages_follow_an_order(self, case: Case[T]) -> None:
        keys = case.keys(case.stored(5))
        for name in case.changes:
            for order in (name, f"-{name}"):
                paged = _forward(case, limit=2, order_by=order)
                assert sorted(paged, key=keys.index) == keys
                in_order = [getattr(entity, name) for entity in case.repository.find(order_by=order)]
                assert [getattr(case.repository.get_one(key), name) for key in paged] == in_order

    def test_pages_go_back(self, case: Case[T]) -> None:
        keys = case.keys(case.stored(5))
        page = case.repository.page(limit=2)
        assert page.previous_cursor is None
        page = case.repository.page(limit=2, cursor=page.next_cursor)
        page = case.repository.page(limit=2, cursor=page.next_cursor)
        assert (case.keys(page.items), page.next_cursor) == (keys[4:], None)
        page = case.repository.page(limit=2, cursor=page.previous_cursor)
        assert case.keys(page.items) == keys[2:4]
        page = case.repository.page(limit=2, cursor=page.previous_cursor)
        assert (case.keys(page.items), page.previous_cursor) == (keys[:2], None)

    def test_a_page_of_nothing(self, case: Case[T]) -> None:
        page = case.repository.page()
        assert (page.items, page.next_cursor, page.previous_cursor) == ([], None, None)

    def test_pages_take_criteria(self, case: Case[T]) -> None:
        entity = case.stored(3)[1]
        page = case.repository.page(*case.by_key(entity), limit=1)
        assert (case.keys(page.items), page.next_cursor) == ([case.key(entity)], None)

    def test_rows_that_come_and_go_disturb_no_others(self, case: Case[T]) -> None:
        entities = case.stored(4)
        page = case.repository.page(limit=2)
        case.repository.delete_where(*case.by_key(entities[1]), **case.hard)
        rest = _forward(case, limit=2, cursor=page.next_cursor)
        assert rest == case.keys(entities[2:])

    def test_what_is_no_cursor_is_refused(self, case: Case[T]) -> None:
        case.stored(3)
        cursor = case.repository.page(limit=1).next_cursor
        name = next(iter(case.changes))
        for arguments in ({"cursor": "nonsense"}, {"cursor": ""}, {"cursor": cursor, "order_by": f"-{name}"}):
            with pytest.raises(EntityValidationError):
                case.repository.page(**arguments)

    def test_a_page_has_room_for_a_row(self, case: Case[T]) -> None:
        for limit in (0, -1):
            with pytest.raises(EntityValidationError):
                case.repository.page(limit=limit)


def _forward(case: Case[Any], cursor: str | None = None, **arguments: Any) -> list[Any]:
    keys: list[Any] = []
    while True:
        page = case.repository.page(cursor=cursor, **arguments)
        assert len(page.items) <= arguments["limit"]
        keys += case.keys(page.items)
        cursor = page.next_cursor
        assert len(keys) <= 50, "the pages don't come to an end"
        if cursor is None:
            return keys
