"""A user's own operation whose body is one call of another takes no session of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func

from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from colonnade.repository.effects import hands_over
from tests.faces import Face
from tests.repository.models import Account


class Elsewhere:
    def ask(self, name: str) -> str:
        return name


ELSEWHERE = Elsewhere()


class AccountOperations(RepositoryOperations[Account]):
    @operation
    def named(self, name: str) -> list[Account]:
        return self.find(Account.name == name, func.length(Account.name) > 1, order_by=(Account.name, "id"))

    @operation
    def add(self, name: str) -> Account:
        return self.create(Account(name=name))

    @operation
    def renamed(self, id: int, name: str) -> Account:
        return self.update(id, {"name": name})

    @operation
    def called(self, name: str) -> list[Account]:
        return self.named(name)

    @operation
    def twice(self, name: str) -> list[Account]:
        return self.find(Account.name == name) + self.find(Account.name == name)

    @operation
    def kept(self, name: str) -> list[Account]:
        found = self.find(Account.name == name)
        return found

    @operation
    def asked(self, other: Any) -> list[Account]:
        return self.find(Account.id.in_(other.ids()))

    @operation
    def noted(self, name: str) -> list[Account]:
        return self.find(Account.name == ELSEWHERE.ask(name))

    @operation
    def named_first(self, name: str) -> str:
        return self.one(Account.name == name).name

    @operation
    def described(self, name: str) -> str:
        return str(self.find(Account.name == name))

    @operation
    def stripped(self, name: str) -> str:
        return self.one(Account.name == name).name.strip()

    @operation
    def chosen(self, name: str) -> list[Account]:
        return self.find(Account.name == name) if name else []

    @operation
    def loaded(self, name: str) -> Any:
        return self.scalars(name)  # type: ignore[call-overload]


class AccountRepository(AccountOperations, BaseRepository[Account]): ...


class AsyncAccountRepository(AccountOperations, AsyncBaseRepository[Account]): ...


@pytest.mark.parametrize("name", ["named", "add", "renamed", "called"])
def test_one_call_is_handed_over(name: str) -> None:
    assert hands_over(AccountOperations.__dict__[name], AccountRepository)


@pytest.mark.parametrize(
    "name", ["twice", "kept", "asked", "noted", "chosen", "loaded", "named_first", "described", "stripped"]
)
def test_anything_more_is_a_transaction(name: str) -> None:
    assert not hands_over(AccountOperations.__dict__[name], AccountRepository)


def test_it_goes_the_way_of_what_it_calls(faced: Face, db: Any) -> None:
    ways: list[str] = []
    accounts = faced.pick(AccountRepository, AsyncAccountRepository)(db)
    account = faced.run(accounts.add("fox"))  # the first call learns the driver's types
    forget: Callable[[], None] = db.on_statement(lambda event: ways.append(event.way))
    assert [found.id for found in faced.run(accounts.named("fox"))] == [account.id]
    assert faced.run(accounts.renamed(account.id, "owl")).name == "owl"
    assert faced.run(accounts.called("fox")) == []
    assert set(ways) == {"direct"}
    with faced.entered(db.session()):
        assert faced.run(accounts.called("owl"))[0].id == account.id
    assert ways[-1] == "session"
    forget()
