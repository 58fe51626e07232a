"""An account with a balance: what a fault must neither lose nor double."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from colonnade.models import Base


class Account(Base):
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(default=0)


class AccountOperations(RepositoryOperations[Account]):
    @operation
    def move(self, source: int, target: int, amount: int) -> None:
        """Move an amount by reading and writing: a lost update would show in the sum."""
        for id, difference in ((source, -amount), (target, amount)):
            account = self.get_one(id)
            self.update(id, {"balance": account.balance + difference})

    @operation
    def total(self) -> int:
        """The sum of all balances."""
        return sum(account.balance for account in self.find())


class Accounts(AccountOperations, BaseRepository[Account]): ...


class AsyncAccounts(AccountOperations, AsyncBaseRepository[Account]): ...
