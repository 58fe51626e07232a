"""Soft deletion and optimistic locking through the repository, on all seven drivers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from colonnade.errors import (
    EntityNotFoundError,
    EntityValidationError,
    StaleEntityError,
    UniqueViolationError,
)
from tests.faces import Face
from tests.repository.models import Account, Book, Shelf, Video

Repositories = Callable[..., Any]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class TestSoftDeletion:
    @pytest.fixture
    def books(self, repository: Repositories) -> Any:
        return repository(Book)

    @pytest.fixture
    def shelves(self, repository: Repositories) -> Any:
        return repository(Shelf)

    def fill(self, faced: Face, shelves: Any, books: Any) -> tuple[Any, Any, Any]:
        """A shelf with two books, the first of which is marked as deleted."""
        given = Shelf(name="s", books=[Book(title="gone"), Book(title="there")])
        shelf = faced.run(shelves.create(given))
        gone, there = shelf.books
        assert faced.run(books.delete(gone.id)) is True
        return shelf, gone, there

    def test_every_read_leaves_it_out(self, faced: Face, db: Any, shelves: Any, books: Any) -> None:
        _, gone, there = self.fill(faced, shelves, books)
        run, is_gone = faced.run, Book.title == "gone"
        assert run(books.get(gone.id)) is None
        with pytest.raises(EntityNotFoundError):
            run(books.get_one(gone.id))
        assert [one.id for one in run(books.get_many([gone.id, there.id]))] == [there.id]
        assert [one.id for one in run(books.list())] == [there.id]
        assert run(books.list_and_count())[1] == run(books.count()) == 1
        assert (run(books.find(is_gone)), run(books.first(is_gone)), run(books.exists(is_gone))) == (
            [],
            None,
            False,
        )
        with pytest.raises(EntityNotFoundError):
            run(books.one(is_gone))
        assert [one.id for one in run(books.page()).items] == [there.id]
        assert [one.id for one in faced.collected(books.stream())] == [there.id]

    def test_they_can_be_asked_for(self, faced: Face, shelves: Any, books: Any) -> None:
        shelf, gone, there = self.fill(faced, shelves, books)
        run, is_gone, all_of_them = faced.run, Book.title == "gone", {"include_deleted": True}
        assert run(books.get(gone.id, **all_of_them)).deleted_at is not None
        assert run(books.get_one(gone.id, **all_of_them)).title == "gone"
        assert len(run(books.get_many([gone.id, there.id], **all_of_them))) == 2
        assert len(run(books.list(**all_of_them))) == run(books.count(**all_of_them)) == 2
        assert run(books.list_and_count(**all_of_them))[1] == 2
        assert run(books.exists(is_gone, **all_of_them)) is True
        assert run(books.one(is_gone, **all_of_them)).id == run(books.first(**all_of_them)).id == gone.id
        assert len(run(books.page(**all_of_them)).items) == 2
        assert len(faced.collected(books.stream(**all_of_them))) == 2
        assert len(run(shelves.get(shelf.id, load="books", **all_of_them)).books) == 2

    def test_relationships_leave_it_out(self, faced: Face, db: Any, shelves: Any, books: Any) -> None:
        shelf, _, there = self.fill(faced, shelves, books)
        run = faced.run
        assert [one.id for one in run(shelves.get(shelf.id, load="books")).books] == [there.id]
        assert [one.id for one in run(shelves.find(load="books"))[0].books] == [there.id]
        assert [one.id for one in faced.collected(shelves.stream(load="books"))[0].books] == [there.id]
        assert run(db.run(lambda: self.lazily(shelves, books, shelf.id, there.id, faced))) is None

    def lazily(self, shelves: Any, books: Any, shelf_id: int, there_id: int, faced: Face) -> None:
        """A body: repositories are called plainly in it on both faces."""
        assert [one.id for one in shelves.get(shelf_id).books] == [there_id]
        assert len(shelves.find(include_deleted=True)[0].books) == 2
        made = shelves.create(Shelf(name="made"))
        book = books.create(Book(title="new", shelf_id=made.id))
        again = books.create(Book(title="other", shelf_id=made.id))
        books.delete(book.id)
        assert [one.id for one in made.books] == [again.id]
        assert again.shelf is made
        # The session holds the shelf still, and a many-to-one is found there without asking.
        unread = books.create(Book(title="unread", shelf_id=made.id))
        shelves.delete(made.id)
        assert unread.shelf is None
        books.delete(unread.id)
        assert books.get(unread.id) is None and books.get(unread.id, include_deleted=True) is unread

    def test_a_hit_in_the_session(self, faced: Face, db: Any, shelves: Any, books: Any) -> None:
        _, _, there = self.fill(faced, shelves, books)
        with faced.entered(db.session()):
            assert faced.run(books.get(there.id)) is not None
            assert faced.run(books.delete(there.id)) is True
            assert faced.run(books.get(there.id)) is None and faced.run(books.get_many([there.id])) == []
            assert faced.run(books.delete(there.id)) is False

    def test_writing_to_it(self, faced: Face, shelves: Any, books: Any) -> None:
        _, gone, _ = self.fill(faced, shelves, books)
        for call in (
            lambda: books.update(gone.id, {"title": "x"}),
            lambda: books.update_many([{"id": gone.id, "title": "x"}]),
        ):
            with pytest.raises(EntityNotFoundError):
                faced.run(call())
        assert faced.run(books.update_where({"shelf_id": None}, Book.title == "gone")) == 0
        assert faced.run(books.delete(gone.id)) is False and faced.run(books.delete_many([gone.id])) == 0
        assert faced.run(books.delete_where(Book.title == "gone")) == 0

    def test_restoring(self, faced: Face, shelves: Any, books: Any, repository: Repositories) -> None:
        _, gone, there = self.fill(faced, shelves, books)
        assert faced.run(books.restore(gone.id)).deleted_at is None
        assert faced.run(books.get(gone.id)).title == "gone"
        assert faced.run(books.restore(there.id)).version == there.version
        with pytest.raises(EntityNotFoundError):
            faced.run(books.restore(999))
        with pytest.raises(EntityValidationError, match="SoftDeleteMixin"):
            faced.run(repository(Video).restore(1))

    def test_deleting_for_good(self, faced: Face, shelves: Any, books: Any) -> None:
        shelf, gone, there = self.fill(faced, shelves, books)
        assert faced.run(books.delete(gone.id, hard=True)) is True
        assert faced.run(books.delete(there.id, hard=True)) is True
        assert faced.run(books.count(include_deleted=True)) == 0
        faced.run(books.create_many(Book(title=str(n), shelf_id=shelf.id) for n in range(4)))
        assert faced.run(books.delete_where(Book.title < "2")) == 2
        assert faced.run(books.count(include_deleted=True)) == 4
        assert faced.run(books.delete_where(Book.title < "2", hard=True)) == 2
        assert faced.run(books.count(include_deleted=True)) == 2
        assert faced.run(books.delete_where(everything=True, hard=True)) == 2

    def test_deleting_an_owner_for_good(self, faced: Face, db: Any, shelves: Any, books: Any) -> None:
        """Its deleted books are met as well: they lose their shelf as the others do."""
        shelf, gone, there = self.fill(faced, shelves, books)
        with faced.entered(db.session()):
            assert len(faced.run(shelves.get(shelf.id, load="books")).books) == 1
            assert faced.run(shelves.delete(shelf.id, hard=True)) is True
        for id in (gone.id, there.id):
            assert faced.run(books.get(id, include_deleted=True)).shelf_id is None

    def test_its_unique_values_stay_taken(self, faced: Face, db: Any, shelves: Any, books: Any) -> None:
        self.fill(faced, shelves, books)
        with pytest.raises(UniqueViolationError):
            faced.run(books.create(Book(title="gone")))
        with pytest.raises(UniqueViolationError, match="deleted") as raised:
            faced.run(books.get_or_create(title="gone"))
        assert "restore" in raised.value.remedy and not raised.value.retryable
        with pytest.raises(UniqueViolationError, match="deleted"), faced.entered(db.session()):
            faced.run(books.get_or_create(title="gone"))

    def test_an_upsert_takes_it_back(self, faced: Face, db: Any, shelves: Any, books: Any) -> None:
        _, gone, _ = self.fill(faced, shelves, books)
        again = faced.run(books.upsert(Book(title="gone"), on="title"))
        assert again.id == gone.id and again.deleted_at is None and again.shelf_id == gone.shelf_id
        assert faced.run(books.get(gone.id)).title == "gone"

    def test_the_moment_and_the_other_mixins(self, faced: Face, shelves: Any, books: Any) -> None:
        _, gone, there = self.fill(faced, shelves, books)
        stored = faced.run(books.get(gone.id, include_deleted=True))
        assert stored.deleted_at <= datetime.now(UTC) and stored.version == 2
        assert stored.updated_at > stored.created_at
        faced.run(books.delete_where(Book.id == there.id))
        assert faced.run(books.get(there.id, include_deleted=True)).version == 2


class TestVersions:
    @pytest.fixture
    def accounts(self, repository: Repositories) -> Any:
        return repository(Account)

    def test_each_way_of_writing_counts(self, faced: Face, db: Any, accounts: Any) -> None:
        account = faced.run(accounts.create(Account(name="a", created_at=LONG_AGO)))
        assert account.version == 1
        writes = (
            lambda: accounts.update(account.id, {"balance": 1}),
            lambda: accounts.update(account.id, {"balance": Account.balance + 1}),
            lambda: accounts.update_many([{"id": account.id, "balance": 3}]),
            lambda: accounts.update_where({"balance": 4}, Account.id == account.id),
            lambda: accounts.upsert(Account(name="a", balance=5), on="name"),
            lambda: accounts.upsert(Account(id=account.id, balance=6)),
        )
        for count, write in enumerate(writes, start=2):
            faced.run(write())
            stored = faced.run(accounts.get(account.id))
            assert (stored.version, stored.created_at) == (count, LONG_AGO)
        assert stored.balance == 6
        stored.balance = 7
        assert faced.run(accounts.save(stored)).version == 8
        with faced.entered(db.session()):
            held = faced.run(accounts.get(account.id))
            faced.run(accounts.update_where({"balance": 8}))
            assert (held.version, held.balance) == (9, 8)
            held.balance = 9
        assert faced.run(accounts.get(account.id)).version == 10

    def test_an_older_state_is_refused(self, faced: Face, db: Any, accounts: Any) -> None:
        account = faced.run(accounts.create(Account(name="a")))
        old = faced.run(accounts.get(account.id))
        faced.run(accounts.update(account.id, {"balance": 1}))
        old.balance = 2
        with pytest.raises(StaleEntityError) as raised:
            faced.run(accounts.save(old))
        assert raised.value.entity == "Account"
        old = faced.run(accounts.get(account.id))
        faced.run(accounts.update_where({"balance": 3}))
        old.balance = 2
        with pytest.raises(StaleEntityError), faced.entered(db.session()) as session:
            held = faced.run(accounts.get(account.id))
            with pytest.raises(StaleEntityError):
                faced.run(accounts.save(old))
            assert held.balance == 3
            faced.run(session.execute(text("UPDATE account SET version = version + 1")))
            held.balance = 4
        with pytest.raises(StaleEntityError), faced.entered(db.session()):
            faced.run(accounts.save(old))
        assert faced.run(accounts.get(account.id)).balance == 3

    def test_two_sessions(self, faced: Face, db: Any, accounts: Any) -> None:
        account = faced.run(accounts.create(Account(name="a")))
        with pytest.raises(StaleEntityError), faced.entered(db.session()) as session:
            held = faced.run(accounts.get(account.id))
            # What another writer does: the object isn't told.
            faced.run(session.execute(text("UPDATE account SET version = version + 1")))
            held.balance = 2
        with pytest.raises(StaleEntityError), faced.entered(db.session()) as session:
            held = faced.run(accounts.get(account.id))
            faced.run(session.execute(text("UPDATE account SET version = version + 1")))
            faced.run(session.delete(held)) if faced.is_async else session.delete(held)
        with faced.entered(db.session()) as session:
            faced.run(accounts.get(account.id))
            faced.run(session.execute(text("UPDATE account SET version = version + 1")))
            assert faced.run(accounts.update(account.id, {"balance": 2})).balance == 2
            faced.run(session.execute(text("UPDATE account SET version = version + 1")))
            assert faced.run(accounts.delete(account.id)) is True

    def test_many_at_once(self, faced: Face, accounts: Any) -> None:
        made = faced.run(accounts.create_many(Account(name=str(n)) for n in range(50)))
        faced.run(accounts.update_many({"id": one.id, "balance": one.id} for one in made))
        assert {one.version for one in faced.run(accounts.list())} == {2}
        assert faced.run(accounts.delete_many(one.id for one in made)) == 50

    def test_it_is_never_set(self, faced: Face, db: Any, accounts: Any) -> None:
        account = faced.run(accounts.create(Account(name="a")))
        for call in (
            lambda: accounts.update(account.id, {"version": 5}),
            lambda: accounts.update_many([{"id": account.id, "version": 5}]),
            lambda: accounts.update_where({"version": 5}),
        ):
            with pytest.raises(EntityValidationError, match="counts"):
                faced.run(call())

    def test_an_upsert_with_one(self, faced: Face, db: Any, accounts: Any) -> None:
        account = faced.run(accounts.create(Account(name="a")))
        read = faced.run(accounts.get(account.id))
        assert faced.run(accounts.upsert(read, on="name")).version == 2
        with pytest.raises(StaleEntityError):
            faced.run(accounts.upsert(Account(name="a", version=1), on="name"))
        with pytest.raises(StaleEntityError), faced.entered(db.session()):
            held = faced.run(accounts.get(account.id))
            faced.run(accounts.upsert(Account(name="a", version=1, balance=held.balance), on="name"))
        assert faced.run(accounts.upsert(Account(name="a", version=2), on="name")).version == 3
