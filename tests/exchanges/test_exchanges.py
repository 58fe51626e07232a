"""What each call costs in message exchanges with the server: outside a session one, where one statement does.

Figures are exact, and hold once connections are open and statements prepared: psycopg prepares at the sixth
execution, so that each call is made seven times before it's counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import ANY

import pytest
from sqlalchemy import event

from colonnade.errors import EntityNotFoundError, MultipleEntitiesError, UniqueViolationError
from tests.databases import Driver
from tests.exchanges.conftest import Repositories
from tests.exchanges.models import FIRST, ROWS, Account, Cell, Clip, Draft, Note
from tests.exchanges.proxy import Proxy, Talk
from tests.faces import Face

WARM_UP = 7
GOOD_BYE = {"postgresql": "Terminate", "mysql": "COM_QUIT", "mariadb": "COM_QUIT"}

Call = Callable[[Repositories, Any], Any]


@dataclass(frozen=True)
class Case:
    """One call, made with the keys of the tables' rows in turn, or with what `prepare` makes of them.

    `costs` has the servers' figures, where it isn't one; `gives` and `raises` are what comes of the call.
    """

    id: str
    call: Call
    costs: Mapping[str, int] = field(default_factory=dict)
    gives: Any = field(default_factory=lambda: ANY)
    raises: type[Exception] | None = None
    prepare: Call | None = None


# MySQL and MariaDB give no row back from an UPDATE, and MySQL none from an INSERT.
ROW_REREAD = {"mysql": 2, "mariadb": 2}
NEW_ROW_REREAD = {"mysql": 2}
READS_AND_WRITES = ("get", "create", "update", "delete", "find", "count", "exists")

PROMISED = (
    Case("get", lambda r, key: r.clips.get(key)),
    Case("get, nothing there", lambda r, key: r.clips.get(-key), gives=None),
    Case("get, composite key", lambda r, key: r.cells.get((key, 1))),
    Case("get, composite key by name", lambda r, key: r.cells.get({"x": key, "y": 1})),
    Case("get, composite key, nothing there", lambda r, key: r.cells.get((key, 2)), gives=None),
    Case("get, soft delete", lambda r, key: r.notes.get(key)),
    Case("get, soft delete, even deleted", lambda r, key: r.notes.get(key, include_deleted=True)),
    Case("get, version", lambda r, key: r.accounts.get(key)),
    Case("get_one", lambda r, key: r.clips.get_one(key)),
    Case("get_one, nothing there", lambda r, key: r.clips.get_one(-key), raises=EntityNotFoundError),
    Case("get_many", lambda r, key: r.clips.get_many([key, FIRST, -1])),
    Case("get_many, composite key", lambda r, key: r.cells.get_many([(key, 1), (FIRST, 1)])),
    Case("create", lambda r, key: r.clips.create(Clip(video_id=1, title=f"new {key}"))),
    Case("create, composite key", lambda r, key: r.cells.create(Cell(x=key, y=5, name="new"))),
    Case("create, key given", lambda r, key: r.clips.create(Clip(id=key + 500, video_id=1, title=str(key)))),
    Case("create, soft delete", lambda r, key: r.notes.create(Note(title="new"))),
    Case("create, version", lambda r, key: r.accounts.create(Account(balance=1))),
    Case(
        "create, values of the server's",
        lambda r, key: r.drafts.create(Draft(title="new")),
        costs=NEW_ROW_REREAD,
    ),
    Case(
        "create, refused",
        lambda r, key: r.clips.create(Clip(video_id=1, title=f"clip {FIRST}")),
        raises=UniqueViolationError,
    ),
    Case("update", lambda r, key: r.clips.update(key, {"title": f"new {key}"}), costs=ROW_REREAD),
    Case(
        "update, equal value", lambda r, key: r.clips.update(key, {"title": f"clip {key}"}), costs=ROW_REREAD
    ),
    Case(
        "update, expression",
        lambda r, key: r.clips.update(key, {"video_id": Clip.video_id + 1}),
        costs=ROW_REREAD,
    ),
    Case("update, composite key", lambda r, key: r.cells.update((key, 1), {"name": "new"}), costs=ROW_REREAD),
    Case("update, soft delete", lambda r, key: r.notes.update(key, {"title": "new"}), costs=ROW_REREAD),
    Case("update, version", lambda r, key: r.accounts.update(key, {"balance": 5}), costs=ROW_REREAD),
    Case(
        "update, nothing there",
        lambda r, key: r.clips.update(-key, {"title": "new"}),
        raises=EntityNotFoundError,
    ),
    Case("update, no fields", lambda r, key: r.clips.update(key, {})),
    Case("delete", lambda r, key: r.clips.delete(key), gives=True),
    Case("delete, nothing there", lambda r, key: r.clips.delete(-key), gives=False),
    Case("delete, composite key", lambda r, key: r.cells.delete((key, 1)), gives=True),
    Case("delete, soft delete", lambda r, key: r.notes.delete(key), gives=True),
    Case("delete, soft delete, hard", lambda r, key: r.notes.delete(key, hard=True), gives=True),
    Case("delete, version", lambda r, key: r.accounts.delete(key), gives=True),
    Case("find", lambda r, key: r.clips.find()),
    Case("find, a criterion and a limit", lambda r, key: r.clips.find(Clip.video_id == 3, limit=10)),
    Case("find, in_", lambda r, key: r.clips.find(Clip.id.in_([key, FIRST, -1]))),
    Case("find, in_ nothing", lambda r, key: r.clips.find(Clip.id.in_([])), gives=[]),
    Case("find, nothing there", lambda r, key: r.clips.find(Clip.title == "nowhere"), gives=[]),
    Case("find, ordered", lambda r, key: r.clips.find(Clip.video_id == 3, order_by="-created_at,title")),
    Case("find, by names", lambda r, key: r.clips.find(filters={"video_id": 3}, skip=2, limit=2)),
    Case("find, soft delete", lambda r, key: r.notes.find(Note.title != "nowhere", limit=10)),
    Case("list", lambda r, key: r.clips.list(skip=2, limit=5)),
    Case("list, ordered", lambda r, key: r.clips.list(limit=5, order_by=Clip.title)),
    Case("first", lambda r, key: r.clips.first(Clip.video_id == 3, order_by="-id")),
    Case("first, nothing there", lambda r, key: r.clips.first(Clip.video_id == -3), gives=None),
    Case("one", lambda r, key: r.clips.one(Clip.title == f"clip {key}")),
    Case("one, nothing there", lambda r, key: r.clips.one(Clip.title == "x"), raises=EntityNotFoundError),
    Case("one, several there", lambda r, key: r.clips.one(Clip.video_id == 3), raises=MultipleEntitiesError),
    Case("exists", lambda r, key: r.clips.exists(Clip.video_id == 3), gives=True),
    Case("exists, nothing there", lambda r, key: r.clips.exists(Clip.video_id == -3), gives=False),
    Case("exists, soft delete", lambda r, key: r.notes.exists(), gives=True),
    Case("count", lambda r, key: r.clips.count(), gives=ROWS),
    Case("count, in_", lambda r, key: r.clips.count(Clip.video_id.in_([1, 2]), Clip.title != "x")),
    Case("count, soft delete", lambda r, key: r.notes.count(), gives=10),
    Case("page", lambda r, key: r.clips.page(Clip.video_id > 0, limit=5, order_by="-title")),
    Case(
        "page, by cursor",
        lambda r, page: r.clips.page(limit=5, cursor=page.next_cursor),
        prepare=lambda r, key: r.clips.page(limit=5),
    ),
)
"""Outside a session, one exchange."""


def costs(postgresql: int, mariadb: int | None = None) -> dict[str, int]:
    """Give the figures of what is a transaction of its own; no MySQL that isn't MariaDB was ever asked."""
    return {"postgresql": postgresql, "mariadb": postgresql if mariadb is None else mariadb}


def new_clips(key: int) -> list[Clip]:
    return [Clip(video_id=1, title=f"new {key}, {number}") for number in range(5)]


def stored(r: Repositories, key: int) -> Any:
    return r.clips.get(key)


def renamed(clip: Clip) -> Clip:
    clip.title += ", changed"
    return clip


def anew(key: int) -> Clip:
    return Clip(video_id=9, title=f"clip {key}")


OTHERS = (
    Case("list_and_count", lambda r, key: r.clips.list_and_count(limit=5), costs(4)),
    Case("get_or_create, there", lambda r, key: r.clips.get_or_create(title=f"clip {key}"), costs(3)),
    Case(
        "get_or_create, not there",
        lambda r, key: r.clips.get_or_create({"video_id": 1}, title=f"new {key}"),
        costs(6),
    ),
    Case("save, new", lambda r, key: r.clips.save(Clip(video_id=1, title=f"new {key}")), costs(3)),
    Case("save, unchanged", lambda r, clip: r.clips.save(clip), costs(0), prepare=stored),
    Case("save, changed", lambda r, clip: r.clips.save(renamed(clip)), costs(3), prepare=stored),
    Case("restore", lambda r, key: r.notes.restore(key + 10), costs(4)),
    Case("upsert, there", lambda r, key: r.clips.upsert(anew(key), "title"), costs(6)),
    Case("upsert, not there", lambda r, key: r.clips.upsert(anew(-key), "title"), costs(6)),
    Case("create_many, five", lambda r, key: r.clips.create_many(new_clips(key)), costs(3)),
    Case("upsert_many, five", lambda r, key: r.clips.upsert_many(new_clips(key), "title"), costs(22)),
    Case(
        "update_many, two",
        lambda r, key: r.clips.update_many({"id": id, "video_id": id} for id in (key, key + 1)),
        costs(3),
    ),
    Case("update_where", lambda r, key: r.clips.update_where({"video_id": key}, Clip.id == key), costs(3)),
    Case("delete_many, two", lambda r, key: r.clips.delete_many([key, key + 10]), costs(3)),
    Case("delete_where", lambda r, key: r.clips.delete_where(Clip.id == key), costs(3)),
)
"""What the other operations cost; a figure that gets smaller is written here."""

AWAITED: frozenset[str] = frozenset()
"""Promised cases that don't hold yet, and so aren't run."""


def made(faced: Face, repositories: Repositories, case: Case, key: int) -> Callable[[], None]:
    """Give the case's call with this key, prepared."""
    given = key if case.prepare is None else faced.run(case.prepare(repositories, key))
    raised = pytest.raises(case.raises) if case.raises else nullcontext()

    def call() -> None:
        with raised:
            assert faced.run(case.call(repositories, given)) == case.gives

    return call


def warm(faced: Face, repositories: Repositories, case: Case) -> Callable[[], None]:
    """Make the case's call until nothing is left to be prepared; give the next one."""
    for key in range(FIRST, FIRST + WARM_UP):
        made(faced, repositories, case, key)()
    return made(faced, repositories, case, FIRST + WARM_UP)


def heard(faced: Face, repositories: Repositories, proxy: Proxy, case: Case) -> Talk:
    """Give what a warm call says to the server."""
    call = warm(faced, repositories, case)
    with proxy.listening() as talk:
        call()
    return talk


def by_id(cases: Iterable[Case]) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in cases])


@by_id(case for case in PROMISED if case.id not in AWAITED)
def test_a_call_takes_one_exchange(
    faced: Face, repositories: Repositories, proxy: Proxy, kind: str, case: Case
):
    talk = heard(faced, repositories, proxy, case)
    assert len(talk) == case.costs.get(kind, 1), f"{talk}"


@by_id(OTHERS)
def test_another_operation_takes_what_it_took(
    faced: Face, repositories: Repositories, proxy: Proxy, kind: str, case: Case
):
    if kind not in case.costs:
        pytest.skip(f"what it takes on {kind} was never measured")
    talk = heard(faced, repositories, proxy, case)
    assert len(talk) == case.costs[kind], f"{talk}"


@by_id(case for case in PROMISED if case.id in READS_AND_WRITES and case.id not in AWAITED)
def test_a_cursor_hook_takes_no_more(
    faced: Face, repositories: Repositories, proxy: Proxy, kind: str, case: Case
):
    seen: list[str] = []
    engine = faced.pick(repositories.db, repositories.db.home).engine
    event.listen(engine, "before_cursor_execute", lambda _, cursor, statement, *more: seen.append(statement))
    talk = heard(faced, repositories, proxy, case)
    assert len(talk) == case.costs.get(kind, 1), f"{talk}"
    assert len(seen) >= (WARM_UP + 1) * len(talk)


@by_id(case for case in PROMISED if case.id in READS_AND_WRITES and case.id not in AWAITED)
def test_a_call_leaves_nothing_to_be_sent(
    faced: Face, repositories: Repositories, proxy: Proxy, kind: str, case: Case
):
    call = warm(faced, repositories, case)
    with proxy.listening() as talk:
        call()
        faced.run(repositories.db.close())
        last = proxy.wait_for_good_byes()
    assert len(talk) == case.costs.get(kind, 1), f"{talk}"
    assert [message.kind for message in last] == [GOOD_BYE[kind]]


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "read only": {"read_only": True},
    "serializable": {"isolation_level": "SERIALIZABLE"},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@by_id(case for case in PROMISED if case.id in ("get", "update") and case.id not in AWAITED)
def test_a_call_after_a_session_takes_no_more(
    faced: Face, repositories: Repositories, proxy: Proxy, kind: str, case: Case, options: dict[str, Any]
):
    call = warm(faced, repositories, case)
    with faced.entered(repositories.db.session(**options)):
        faced.run(repositories.clips.get(FIRST))
    with proxy.listening() as talk:
        call()
    assert len(talk) == case.costs.get(kind, 1), f"{talk}"


def reading(faced: Face, r: Repositories) -> None:
    with faced.entered(r.db.session()):
        faced.run(r.clips.get(FIRST))


def reading_twice(faced: Face, r: Repositories) -> None:
    with faced.entered(r.db.session()):
        faced.run(r.clips.find(Clip.video_id == 3))
        faced.run(r.clips.count())


def reading_only(faced: Face, r: Repositories) -> None:
    with faced.entered(r.db.session(read_only=True)):
        faced.run(r.clips.get(FIRST))


def serializing(faced: Face, r: Repositories) -> None:
    with faced.entered(r.db.session(isolation_level="SERIALIZABLE")):
        faced.run(r.clips.get(FIRST))


def creating(faced: Face, r: Repositories) -> None:
    with faced.entered(r.db.session()):
        faced.run(r.drafts.create(Draft(title="new")))


def updating(faced: Face, r: Repositories) -> None:
    with faced.entered(r.db.session()):
        faced.run(r.accounts.update(FIRST, {"balance": Account.balance + 1}))


def rolling_back(faced: Face, r: Repositories) -> None:
    with pytest.raises(ZeroDivisionError), faced.entered(r.db.session()):
        faced.run(r.clips.get(FIRST))
        raise ZeroDivisionError


def nesting(faced: Face, r: Repositories) -> None:
    with faced.entered(r.db.session()), faced.entered(r.db.session()):
        faced.run(r.drafts.create(Draft(title="new")))


def nothing(faced: Face, r: Repositories) -> None:
    with faced.entered(r.db.session()):
        pass


SESSIONS = {
    reading: "BEGIN SELECT COMMIT",
    reading_twice: "BEGIN SELECT SELECT COMMIT",
    reading_only: "BEGIN SELECT COMMIT",
    serializing: "BEGIN SELECT COMMIT",
    creating: "BEGIN INSERT COMMIT",
    updating: "BEGIN SELECT UPDATE SELECT COMMIT",
    rolling_back: "BEGIN SELECT ROLLBACK",
    nesting: "BEGIN SAVEPOINT INSERT RELEASE COMMIT",
    nothing: "",
}

# The level is set for the next transaction alone.
SESSIONS_ON_MYSQL = {serializing: "SET BEGIN SELECT COMMIT"}


@pytest.mark.parametrize("work", [pytest.param(work, id=work.__name__) for work in SESSIONS])
def test_a_session_sends_what_its_work_needs(
    faced: Face, repositories: Repositories, proxy: Proxy, kind: str, work: Callable[..., None]
):
    for _ in range(WARM_UP):
        work(faced, repositories)
    with proxy.listening() as talk:
        work(faced, repositories)
    expected = SESSIONS if kind == "postgresql" else {**SESSIONS, **SESSIONS_ON_MYSQL}
    assert talk.verbs == expected[work].split(), f"{talk}"


STREAM = {"psycopg": 8, "asyncpg": 4, "pymysql": 3, "asyncmy": 3}
"""A transaction around one statement; on PostgreSQL around a cursor, which psycopg asks several times."""


def test_a_stream_takes_what_it_took(faced: Face, driver: Driver, repositories: Repositories, proxy: Proxy):
    for _ in range(WARM_UP):
        faced.collected(repositories.clips.stream())
    with proxy.listening() as talk:
        assert len(faced.collected(repositories.clips.stream())) == ROWS
    assert len(talk) == STREAM[driver.name.partition("+")[2]], f"{talk}"


def test_health_asks_twice_in_a_transaction(faced: Face, repositories: Repositories, proxy: Proxy):
    for _ in range(WARM_UP):
        faced.run(repositories.db.health())
    with proxy.listening() as talk:
        assert faced.run(repositories.db.health()).ok
    assert talk.verbs == ["BEGIN", "SELECT", "SELECT", "COMMIT"], f"{talk}"
