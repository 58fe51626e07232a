"""Cases about sessions: joined, nested, undone, given."""

from __future__ import annotations

from typing import TypeVar

import pytest

from colonnade.errors import EntityNotFoundError, ReadOnlyDatabaseError, TransactionError
from colonnade.testing.compliance.cases import Case, Cases

T = TypeVar("T")

UNDO = "so that this block is undone"


class TransactionCases(Cases[T]):
    """A call belongs to the session that is open around it."""

    def test_calls_join_the_open_session(self, case: Case[T]) -> None:
        with pytest.raises(ArithmeticError, match=UNDO), case.session() as session:
            entity = case.repository.create(case.new(0))
            assert entity in session
            assert case.repository.get(case.key(entity)) is entity
            case.repository.create_many([case.new(1), case.new(2)])
            assert case.repository.count() == 3
            raise ArithmeticError(UNDO)
        assert case.repository.count() == 0

    def test_a_session_commits_at_its_end(self, case: Case[T]) -> None:
        with case.session():
            key = case.key(case.repository.create(case.new(0)))
            case.repository.update(key, case.changes)
        found = case.values(case.repository.get_one(key))
        assert {name: found[name] for name in case.changes} == case.changes

    def test_an_inner_session_is_undone_alone(self, case: Case[T]) -> None:
        with case.session():
            kept = case.repository.create(case.new(0))
            with pytest.raises(ArithmeticError, match=UNDO), case.session():
                case.repository.create(case.new(1))
                case.repository.delete_where(*case.by_key(kept), **case.hard)
                raise ArithmeticError(UNDO)
            with case.session():
                other = case.repository.create(case.new(2))
        found = case.repository.get_many([case.key(kept), case.key(other)])
        assert (len(found), case.repository.count()) == (2, 2)

    def test_every_write_is_undone(self, case: Case[T]) -> None:
        first, second, third = case.stored(3)
        before = [case.values(entity) for entity in case.repository.list()]
        with pytest.raises(ArithmeticError, match=UNDO), case.session():
            case.repository.update(case.key(first), case.changes)
            case.repository.update_where(case.changes)
            case.repository.delete(case.key(second))
            case.repository.delete_many([case.key(third)])
            case.repository.create(case.new(7))
            raise ArithmeticError(UNDO)
        assert [case.values(entity) for entity in case.repository.list()] == before

    def test_a_failed_call_undoes_only_itself(self, case: Case[T]) -> None:
        with case.session():
            case.repository.create(case.new(0))
            absent = case.absent_key()
            with pytest.raises(EntityNotFoundError):
                case.repository.get_one(absent)
            case.repository.create(case.new(1))
        assert case.repository.count() == 2

    def test_a_read_only_session_refuses_writes(self, case: Case[T]) -> None:
        case.stored(1)
        with case.session(read_only=True):
            assert case.repository.count() == 1
        with pytest.raises(ReadOnlyDatabaseError), case.session(read_only=True):
            case.repository.create(case.new(1))
        assert case.repository.count() == 1

    def test_a_given_session_is_never_committed(self, case: Case[T]) -> None:
        with case.session_of_sqlalchemy() as session:
            repository = case.repository_on(session)
            key = case.key(repository.create(case.new(0)))
            assert case.key(repository.get(key)) == key
            repository.update(key, case.changes)
            assert case.run(session.rollback()) is None
        assert case.repository.count() == 0

    def test_an_object_of_another_session_is_refused(self, case: Case[T]) -> None:
        entity = case.stored(1)[0]
        with case.session_of_sqlalchemy() as session:
            session.add(entity)
            with pytest.raises(TransactionError):
                case.repository.save(entity)

    def test_objects_outlive_their_session(self, case: Case[T]) -> None:
        with case.session():
            entity = case.repository.create(case.new(0))
        values = case.values(entity)
        for name, value in case.changes.items():
            setattr(entity, name, value)
        with case.session():
            saved = case.repository.save(entity)
        assert {name: getattr(saved, name) for name in case.changes} == case.changes
        assert case.key(saved) == case.key(entity)
        assert values.keys() <= case.values(saved).keys()
