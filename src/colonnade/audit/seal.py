"""Seals: what shows afterwards that entries were altered, removed or put in.

A seal is about a run of entries. It keeps the hash of each, the root of the tree over them, and a code (HMAC)
over all that with a key that isn't in the database, and over the seal before: so that neither an entry nor a
seal can be changed, taken away or added without the key. The last seals can be cut off together with their
entries: what shows that is a root that was kept elsewhere, as `export` gives them.

Whoever has the key can make any log look right. What happened before a seal was made isn't shown.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import zip_longest
from typing import Any, overload

from sqlalchemy import BigInteger, Connection, LargeBinary, String, Text, cast, func, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade.audit import merkle
from colonnade.audit.log import AuditLog
from colonnade.engine.face import AsyncFace, SyncFace
from colonnade.engine.home import Home
from colonnade.engine.manager import AsyncDatabaseManager, DatabaseManager
from colonnade.errors import DamagedDatabaseError, EntityValidationError
from colonnade.models.base import InternalBase
from colonnade.models.types import LongKey, UTCDateTime
from colonnade.repository.operation import operation
from colonnade.settings import audit_key

__all__ = ["AuditSeal", "Fault", "Proof", "export", "prove", "seal", "verify"]

PER_SEAL = 4096
"""How many entries a seal is about, at most."""
_ID = 8
_HASH = 32
_BEFORE_ALL = -(2**63)


class AuditSeal(InternalBase):
    """A seal on the entries after the one before it, up to `last_id`.

    `leaves` has the id and the hash of each entry. `kind` is "seal", or "kept" for what a pruning left.
    """

    __tablename__ = "audit_seal"

    id: Mapped[int] = mapped_column(LongKey, primary_key=True)
    kind: Mapped[str] = mapped_column(String(4), server_default="seal")
    first_id: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    leaves: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    def hashes(self) -> dict[int, bytes]:
        """Give the hash of each entry, by id, in order."""
        width = _ID + _HASH
        found = {}
        for at in range(0, len(self.leaves), width):
            number = int.from_bytes(self.leaves[at : at + _ID], "big")
            found[number] = self.leaves[at + _ID : at + width]
        return found

    def computed_code(self, key: bytes) -> str:
        """Give the code that the seal has to have."""
        said = [self.kind, self.first_id, self.last_id, self.count, self.root, self.previous]
        content = json.dumps([*said, sha256(self.leaves).hexdigest(), self.sealed_at.isoformat()])
        return hmac.new(key, content.encode(), sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Fault:
    """What doesn't stand up to the seals: an entry, or a seal itself (`entry_id` is None then).

    `kind` is altered, removed or inserted for an entry, and seal for a seal. `first_id` and `last_id` are the
    range of the seal.
    """

    kind: str
    entry_id: int | None
    first_id: int
    last_id: int
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is among those of a root.

    By its hash, its place among `count` entries, and the hashes on the way up.
    """

    entry_id: int
    hash: str
    at: int
    count: int
    path: tuple[str, ...]
    root: str

    def holds(self, root: str | None = None) -> bool:
        """Tell whether it comes to this root, kept elsewhere; without one, to the seal's."""
        path = [bytes.fromhex(one) for one in self.path]
        found = merkle.root_by(bytes.fromhex(self.hash), self.at, self.count, path)
        return found.hex() == (root or self.root)


class _Sealing:
    """What is done with seals, on either face."""

    def __init__(self, db: Any) -> None:
        self._home: Home = db.home

    @operation
    def seal(self, key: bytes, patience_s: float) -> int:
        return seal_all(self._home, key, patience_s)

    @operation
    def verify(self, key: bytes) -> list[Fault]:
        with self._home.connection("deferred") as connection:
            return list(faults(Session(connection), key)) if _is_sealed(connection) else []

    @operation
    def prove(self, entry_id: int, key: bytes) -> Proof:
        with self._home.connection("deferred") as connection:
            session = Session(connection)
            statement = select(AuditSeal).where(AuditSeal.last_id >= entry_id).order_by(AuditSeal.id)
            seal = session.scalars(statement.limit(1)).first() if _is_sealed(connection) else None
            known = {} if seal is None else seal.hashes()
            if seal is None or entry_id not in known:
                raise EntityValidationError(
                    f"the entry {entry_id} isn't sealed", remedy="Seal the log first."
                )
            if not hmac.compare_digest(seal.code, seal.computed_code(key)):
                raise DamagedDatabaseError(f"the seal on the entries up to {seal.last_id} isn't this key's")
            now = dict(contents(session, entry_id - 1, entry_id)).get(entry_id)
            hashes = list(known.values())
            at = list(known).index(entry_id)
            path = tuple(one.hex() for one in merkle.proof(hashes, at))
            return Proof(entry_id, (now or b"").hex(), at, len(hashes), path, seal.root)

    @operation
    def export(self) -> list[dict[str, Any]]:
        with self._home.connection("deferred") as connection:
            if not _is_sealed(connection):
                return []
            columns = ("kind", "first_id", "last_id", "count", "root", "previous", "code", "sealed_at")
            statement = select(*(getattr(AuditSeal, name) for name in columns)).order_by(AuditSeal.id)
            rows = Session(connection).execute(statement).mappings()
            return [{**row, "sealed_at": row["sealed_at"].isoformat()} for row in rows]


class _SyncSealing(_Sealing, SyncFace):
    """On the synchronous face."""


class _AsyncSealing(_Sealing, AsyncFace):
    """On the asynchronous face."""


_TABLE: Any = AuditSeal.__table__


@overload
def seal(db: DatabaseManager, *, key: str | bytes | None = None, patience_s: float = 10) -> int: ...
@overload
def seal(
    db: AsyncDatabaseManager, *, key: str | bytes | None = None, patience_s: float = 10
) -> Coroutine[Any, Any, int]: ...
def seal(
    db: DatabaseManager | AsyncDatabaseManager, *, key: str | bytes | None = None, patience_s: float = 10
) -> Any:
    """Seal all entries that are committed and not sealed yet; give how many that were.

    Writers aren't held up. An entry that somebody else is still writing is never left out: nothing after it
    is sealed, and where that can only be known by waiting for whoever writes (PostgreSQL), that takes up to
    `patience_s`, after which it's left for the next time. The key is COLONNADE_AUDIT_KEY where none is given.

    Raises:
        ConfigurationError: without a key, or with one of fewer than 16 bytes.
    """
    return _of(db).seal(audit_key(key), patience_s)


@overload
def verify(db: DatabaseManager, *, key: str | bytes | None = None) -> list[Fault]: ...
@overload
def verify(
    db: AsyncDatabaseManager, *, key: str | bytes | None = None
) -> Coroutine[Any, Any, list[Fault]]: ...
def verify(db: DatabaseManager | AsyncDatabaseManager, *, key: str | bytes | None = None) -> Any:
    """Give each sealed entry that was altered, removed or put in, and each seal that isn't right.

    Nothing where all is well. What isn't sealed yet isn't looked at.

    Raises:
        ConfigurationError: without a key.
    """
    return _of(db).verify(audit_key(key))


@overload
def prove(db: DatabaseManager, entry_id: int, *, key: str | bytes | None = None) -> Proof: ...
@overload
def prove(
    db: AsyncDatabaseManager, entry_id: int, *, key: str | bytes | None = None
) -> Coroutine[Any, Any, Proof]: ...
def prove(
    db: DatabaseManager | AsyncDatabaseManager, entry_id: int, *, key: str | bytes | None = None
) -> Any:
    """Give the proof that an entry, as it is now, is among those of a seal's root.

    Raises:
        EntityValidationError: for an entry that isn't sealed.
        DamagedDatabaseError: when the seal itself isn't right.
        ConfigurationError: without a key.
    """
    return _of(db).prove(entry_id, audit_key(key))


@overload
def export(db: DatabaseManager) -> list[dict[str, Any]]: ...
@overload
def export(db: AsyncDatabaseManager) -> Coroutine[Any, Any, list[dict[str, Any]]]: ...
def export(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    """Give the seals' roots, in order, as JSON takes them: to be kept where the database can't reach."""
    return _of(db).export()


def _of(db: DatabaseManager | AsyncDatabaseManager) -> Any:
    return _SyncSealing(db) if isinstance(db, DatabaseManager) else _AsyncSealing(db)


def seal_all(home: Home, key: bytes, patience_s: float) -> int:
    """Seal what can be, a few thousand entries at a time, and give how many that were."""
    with home.connection() as connection:
        InternalBase.metadata.create_all(connection, tables=[_TABLE], checkfirst=True)
    with home.connection("deferred") as connection:
        last = _last_sealed(Session(connection))
    bound = settled(home, last, patience_s)
    sealed = 0
    while last < bound:
        # Entries don't change, so that no lock is held while they're read.
        with home.connection("deferred") as connection:
            made = _next_seal(Session(connection), last, bound, key)
        if made is None:
            break
        with home.connection() as connection, alone(home, connection):
            session = Session(connection)
            if _last_sealed(session) != last:  # another was faster
                break
            session.add(made)
            session.flush()
            sealed, last = sealed + made.count, made.last_id
    return sealed


def faults(session: Session, key: bytes) -> Iterator[Fault]:
    """Give what doesn't stand up to the seals, seal by seal."""
    last, previous = _BEFORE_ALL, ""
    for seal in session.scalars(select(AuditSeal).order_by(AuditSeal.id)):
        yield from _faults_of(session, seal, last, previous, key)
        last, previous = seal.last_id, seal.code
        session.expunge(seal)


def _faults_of(session: Session, seal: AuditSeal, last: int, previous: str, key: bytes) -> Iterator[Fault]:
    span = f"the seal on the entries {seal.first_id} to {seal.last_id}"
    wrong = _wrong(seal, last, previous, key)
    if wrong:
        yield Fault("seal", None, seal.first_id, seal.last_id, f"{span} {wrong}")
    known = seal.hashes()
    there = dict(contents(session, last, seal.last_id))
    for number in sorted({*known, *there}):
        kind = _kind(known.get(number), there.get(number))
        if kind:
            sentence = f"the entry {number} was {kind} after it was sealed"
            if kind == "inserted":
                sentence = f"the entry {number} was put in behind {span}"
            yield Fault(kind, number, seal.first_id, seal.last_id, sentence)


def _kind(known: bytes | None, there: bytes | None) -> str:
    if known is None:
        return "inserted"
    if there is None:
        return "removed"
    return "altered" if known != there else ""


def _wrong(seal: AuditSeal, last: int, previous: str, key: bytes) -> str:
    known = seal.hashes()
    if not hmac.compare_digest(seal.code, seal.computed_code(key)):
        return "isn't this key's, or was altered"
    if seal.previous != previous or seal.first_id <= last:
        return "doesn't follow the one before it: a seal was removed or put in"
    if merkle.root(list(known.values())).hex() != seal.root or len(known) != seal.count:
        return "isn't about the entries that it lists"
    return ""


def contents(session: Session, after: int, until: int) -> Iterator[tuple[int, bytes]]:
    """Give the hash of each entry after this id and up to that one, by id, in order."""
    table: Any = AuditLog.__table__
    columns = [cast(one, Text) if one.name in ("changes", "context") else one for one in table.columns]
    statement = select(*columns).where(table.c.id > after, table.c.id <= until).order_by(table.c.id)
    rows: Any = session.connection().execute(statement)
    for row in rows:
        said = [one.isoformat() if isinstance(one, datetime) else one for one in row]
        yield row[0], merkle.leaf(json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def new_seal(
    kind: str, first: int, last: int, hashes: Sequence[tuple[int, bytes]], previous: str, key: bytes
) -> AuditSeal:
    """Make a seal over these entries."""
    made = AuditSeal(
        kind=kind,
        first_id=first,
        last_id=last,
        count=len(hashes),
        root=merkle.root([one for _, one in hashes]).hex(),
        leaves=b"".join(number.to_bytes(_ID, "big") + one for number, one in hashes),
        previous=previous,
        sealed_at=datetime.now(UTC),
    )
    made.code = made.computed_code(key)
    return made


def _next_seal(session: Session, last: int, bound: int, key: bytes) -> AuditSeal | None:
    ids = ids_between(session.connection(), last, bound)
    if not ids:
        return None
    previous = session.scalar(select(AuditSeal.code).order_by(AuditSeal.id.desc()).limit(1)) or ""
    hashes = list(contents(session, last, ids[-1]))
    return new_seal("seal", ids[0], ids[-1], hashes, previous, key)


def _last_sealed(session: Session) -> int:
    return session.scalar(select(func.max(AuditSeal.last_id))) or 0


def _is_sealed(connection: Connection) -> bool:
    return inspect(connection).has_table(AuditSeal.__tablename__)


def alone(home: Home, connection: Connection) -> Any:
    return home.dialect.locks.exclusive(connection, "colonnade audit", home.settings.lock_timeout_s)


def settled(home: Home, last: int, patience_s: float) -> int:
    """Give the id up to which nobody is still writing entries; `last` where that can't be said in time."""
    audit = home.dialect.audit
    with home.connection("deferred") as connection:
        newest = connection.scalar(select(func.max(AuditLog.id))) or 0
        if newest <= last or not audit.await_writers(connection, patience_s):
            return last
    if not audit.READS_UNCOMMITTED:
        return int(newest)
    # Entries that are there for whoever reads uncommitted ones, and for nobody else.
    with (
        home.connection("deferred", "READ UNCOMMITTED") as dirty,
        home.connection("deferred", "READ COMMITTED") as clean,
    ):
        while last < newest:
            seen, known = ids_between(dirty, last, newest), ids_between(clean, last, newest)
            for one, other in zip_longest(seen, known):
                if one != other:
                    return min(number for number in (one, other) if number is not None) - 1
            last = known[-1]
    return int(newest)


def ids_between(connection: Connection, after: int, until: int) -> Sequence[int]:
    """Give the ids of the next entries after this one and up to that one, as many as a seal is about."""
    statement = select(AuditLog.id).where(AuditLog.id > after, AuditLog.id <= until)
    return connection.scalars(statement.order_by(AuditLog.id).limit(PER_SEAL)).all()
