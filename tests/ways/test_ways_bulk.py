"""Many rows at once come out the same by either way: in calls alone, and in an open session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy import inspect as state_of
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from colonnade.errors import DatabaseError
from colonnade.models import Base as OurBase
from colonnade.models import SoftDeleteMixin, TimestampMixin, VersionMixin
from tests.ways.conftest import ON_THREE, Both
from tests.ways.recording import Way
from tests.ways.snapshots import of_entity, of_error, under


class Base(DeclarativeBase): ...


class Plain(Base):
    """A number, a rule, what the server makes and what Python does."""

    __tablename__ = "bulk_plain"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(sa.String(20), unique=True)
    number: Mapped[int | None]
    share: Mapped[float | None]
    stage: Mapped[str] = mapped_column("the stage", sa.String(20), server_default="new")
    plays: Mapped[int] = mapped_column(default=0)


class Child(Base):
    __tablename__ = "bulk_child"
    id: Mapped[int] = mapped_column(primary_key=True)
    plain_id: Mapped[int] = mapped_column(sa.ForeignKey("bulk_plain.id"))


class Placed(Base):
    """A key of two parts, given."""

    __tablename__ = "bulk_placed"
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seat: Mapped[str] = mapped_column(sa.String(5), primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(20))


class Kept(TimestampMixin, VersionMixin, SoftDeleteMixin, OurBase):
    """All that the mixins do by themselves."""

    __tablename__ = "bulk_kept"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    note: Mapped[str | None]


def many(count: int = 25) -> list[Plain]:
    """New objects with all sorts of gaps in them."""
    made = [Plain(code=f"c{n}" if n % 3 else None, number=n if n % 4 else None) for n in range(count)]
    for one in made[7:8]:
        one.stage = "set"
    return made


def look_at(way: Way, name: str, entities: list[Any]) -> None:
    """Write down what can be seen of each object."""
    seen = {}
    for number, entity in enumerate(entities):
        seen |= under(f"[{number}]", of_entity(entity, deep=False))
    way.look(name, seen)


def raised(call: Callable[[], Any]) -> dict[str, str]:
    try:
        call()
    except DatabaseError as error:
        return of_error(error)
    return {"": "nothing was raised"}


def test_alone(both: Both) -> None:
    def scenario(way: Way) -> None:
        way.call("create_many", Plain, [])
        made = way.call("create_many", Plain, many())
        look_at(way, "all of them", made)
        way.live_on(made[7], {"number": 5})
        way.call("update_many", Plain, [{"id": n, "number": n * 2} for n in (3, 1, 2)])
        way.call(
            "update_many", Plain, [{"id": 4, "number": 1}, {"id": 5, "plays": 3, "share": None}, {"id": 6}]
        )
        way.call("update_many", Plain, [{"id": 4, "number": 7}, {"id": 4, "plays": 9}])
        way.call("update_many", Plain, [{"id": 1, "code": "z"}, {"id": 2, "code": "y"}])
        way.call("update_many", Plain, [{"id": 1, "number": Plain.number + 1}])
        way.call("delete_many", Plain, [1, 2, 2, 999])
        way.call("delete_many", Plain, [])
        way.call("create_many", Plain, [Plain(id=100), Plain(), Plain(id=90)])
        way.call("create_many", Plain, [Plain(), Plain()])

    both(scenario, Plain, Child)


def test_what_is_refused(both: Both) -> None:
    """Same errors, and nothing is written."""

    def scenario(way: Way) -> None:
        way.call("create_many", Plain, many(5))
        for entities in (
            [Plain(code="new"), Plain(code="c1"), Plain(code="newer")],
            [Plain(plays="many")],
            [Plain(code="x" * 21)],
            [Plain(id=1)],
            [Plain(id=70), Plain(id=70)],
            [Plain(number=2**40)],
        ):
            way.call("create_many", Plain, entities)
        way.call("create_many", Child, [Child(plain_id=1), Child(plain_id=77)])
        way.call("create_many", Child, [Child(plain_id=1), Child()])
        way.call(
            "update_many", Plain, [{"id": 1, "number": 9}, {"id": 77, "number": 9}, {"id": 78, "number": 9}]
        )
        way.call("update_many", Plain, [{"id": 1, "plays": 9}, {"id": 2, "plays": None}])
        way.call("update_many", Plain, [{"id": 1, "number": 9}, {"number": 9}])
        way.call("update_many", Plain, [{"id": 1, "number": 9}, {"id": "1", "number": 9}])
        way.call("update_many", Plain, [{"id": 1, "nothing": 9}])
        way.call("update_many", Plain, [{"id": 1, "code": "c4"}, {"id": 2, "code": "c1"}])
        # The later row would make room, were it changed first.
        way.call("update_many", Plain, [{"id": 3, "code": "free"}, {"id": 2, "code": "c2"}])
        way.call("create_many", Child, [Child(id=50, plain_id=2)])
        way.call("delete_many", Plain, [1, 2, 3])
        way.rows(Plain, Child)

    both(scenario, Plain, Child)


def test_the_mixins(both: Both) -> None:
    def scenario(way: Way) -> None:
        made = way.call("create_many", Kept, [Kept(title=f"t{n}") for n in range(4)])
        look_at(way, "all of them", made)
        way.call("update_many", Kept, [{"id": n, "note": "n"} for n in (4, 2)])
        way.call("update_many", Kept, [{"id": 1, "updated_at": made[0].created_at}])
        way.call("update_many", Kept, [{"id": 4, "note": "first"}, {"id": 4, "title": "later"}])
        way.call("delete_many", Kept, [1, 2, 2, 99])
        way.call("delete_many", Kept, [1])
        way.call("update_many", Kept, [{"id": 3, "note": "x"}, {"id": 2, "note": "x"}])
        way.rows(Kept)
        way.call("delete_many", Kept, [1, 3], hard=True)

    both(scenario, Kept)


def test_keys_of_two_parts(both: Both) -> None:
    def scenario(way: Way) -> None:
        places = [(1, "a"), (1, "b"), (2, "a")]
        way.call("create_many", Placed, [Placed(row=row, seat=seat) for row, seat in places])
        way.call("update_many", Placed, [{"row": row, "seat": seat, "name": "x"} for row, seat in places[:2]])
        way.call("update_many", Placed, [{"row": 1, "seat": "z", "name": "x"}])
        way.rows(Placed)
        way.call("delete_many", Placed, [(1, "a"), (2, "a"), (9, "z")])

    both(scenario, Placed)


def test_in_an_open_session(both: Both) -> None:
    """The objects belong to it, and its own changes come first."""

    def scenario(way: Way) -> None:
        with way.face.entered(way.db.session()):
            repository, run = way.repository(Plain), way.face.run
            first = run(repository.create(Plain(code="held", number=1)))
            made = run(repository.create_many(many(6)))
            look_at(way, "made", made)
            way.look("are the session's", [state_of(one).persistent for one in made])
            made[0].number = 50
            first.number = 2
            way.look("count", run(repository.count(Plain.number == 50)))
            run(repository.update_many([{"id": one.id, "plays": 4} for one in made]))
            look_at(way, "held and updated", [first, *made])
            way.look("deleted", run(repository.delete_many([made[0].id, made[1].id])))
            way.look("left", run(repository.count()))
        look_at(way, "after the commit", [first, *made])
        with way.face.entered(way.db.session()):
            way.look("updated", run(repository.update_many([{"id": one.id, "plays": 5} for one in made[3:]])))
            absent = [{"id": one, "plays": 6} for one in (made[3].id, 999)]
            way.look("missing", raised(lambda: run(repository.update_many(absent))))
            way.look("still there", run(repository.count(Plain.plays == 5)))
            way.look("deleted", run(repository.delete_many([made[3].id])))
        way.rows(Plain)

    both(scenario, Plain, Child)


def test_a_rollback(both: Both) -> None:
    """Objects are what they were before."""

    def scenario(way: Way) -> None:
        repository, run = way.repository(Plain), way.face.run
        made = many(3)

        def fail() -> None:
            with way.face.entered(way.db.session()):
                run(repository.create_many(made))
                raise KeyError("changed my mind")

        with pytest.raises(KeyError):
            fail()
        way.look("states", [state_of(one).transient for one in made])
        with way.face.entered(way.db.session()):
            held = run(repository.create_many(many(2)))
            inner = [Plain(code="inner")]
            with pytest.raises(KeyError), way.face.entered(way.db.session()):
                run(repository.create_many(inner))
                raise KeyError("changed my mind")
            way.look("inner", state_of(inner[0]).transient)
            way.look("outer", [state_of(one).persistent for one in held])
        way.rows(Plain)

    both(scenario, Plain, Child)


def test_a_refusal_in_an_open_session(both: Both) -> None:
    """It spoils the session, unless a savepoint is around it."""

    def scenario(way: Way) -> None:
        repository, run = way.repository(Plain), way.face.run
        run(repository.create(Plain(code="there")))

        def swallow(savepoint: bool) -> None:
            with way.face.entered(way.db.session()):
                run(repository.create(Plain(code="kept" if savepoint else "lost")))
                try:
                    if savepoint:
                        with way.face.entered(way.db.session()):
                            run(repository.create_many([Plain(), Plain(code="there")]))
                    else:
                        run(repository.create_many([Plain(), Plain(code="there")]))
                except DatabaseError:
                    pass
                way.look("next", raised(lambda: run(repository.count())))

        way.look("with a savepoint", raised(lambda: swallow(True)))
        way.look("without", raised(lambda: swallow(False)))
        way.look("codes", sorted(one.code for one in run(repository.find(Plain.code.is_not(None)))))

    both(scenario, Plain, Child)


@ON_THREE
def test_who_listens_is_heard(both: Both) -> None:
    """The session's own listeners, and those to its connection, hear of each row."""

    def scenario(way: Way) -> None:
        repository, run = way.repository(Plain), way.face.run
        for name in ("before_flush", "after_flush", "pending_to_persistent"):
            heard: list[str] = []
            with way.face.entered(way.db.session()) as session:
                plain = getattr(session, "sync_session", session)
                event.listen(plain, name, lambda *_, heard=heard: heard.append("heard"))
                run(repository.create_many(many(2)[:1]))
            way.look(name, bool(heard))

    both(scenario, Plain, Child)


def test_many_go_in_few_statements(walked: Any) -> None:
    """Else all that's compared here would be the Session with itself."""
    taken: dict[str, dict[str, Any]] = {}

    def scenario(way: Way) -> None:
        counts = taken[way.name] = {}

        def counted(name: str, *args: Any) -> Any:
            way.taken.clear()
            result = way.call(name, Plain, *args)
            counts[name] = way.taken.count("core")
            return result

        made = counted("create_many", [Plain(number=n, stage="x") for n in range(300)])
        counted("update_many", [{"id": one.id, "number": 1} for one in made])
        counted("delete_many", [one.id for one in made])

    walked(scenario, Plain, Child)
    assert taken["session"] == dict.fromkeys(taken["session"], 0)
    assert taken["direct"] == dict.fromkeys(taken["direct"], 1)
