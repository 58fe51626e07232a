"""A small library, written so that a second run adds nothing: rows are known by their natural keys.

Users by name, characters by user and name, stories by user and title. All of it in one transaction, each row
checked first. Passwords are hashed with Argon2id, and nobody reads the hash but `verify_password`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.database.library import LIBRARY
from app.database.models import Character, Story, User
from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from colonnade.errors import EntityValidationError, SeedingError
from colonnade.models import validate

__all__ = ["AsyncSeeder", "Seeded", "Seeder", "hash_password", "verify_password"]

Progress = Callable[[str, int, int], object]
"""Called with what was written, how many rows of how many."""


@dataclass(slots=True)
class Seeded:
    """How many rows were added, by table, and how many were there already."""

    added: dict[str, int] = field(default_factory=lambda: {"users": 0, "characters": 0, "stories": 0})
    present: int = 0


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


def hash_password(password: str) -> str:
    """Give what is kept of a password: an Argon2id hash with its own salt.

    Raises:
        EntityValidationError: for less than 8 characters.
    """
    if len(password) < 8:
        raise EntityValidationError(
            "a password has 8 characters or more", entity="User", columns=["password"]
        )
    return _hasher().hash(password)


class SeedOperations(RepositoryOperations[User]):
    """Filling the library."""

    @operation
    def seed(
        self, library: Sequence[Mapping[str, Any]] = LIBRARY, progress: Progress | None = None
    ) -> Seeded:
        """Add what isn't there of a library, a list of users with their characters and these with stories.

        Raises:
            SeedingError: for an entry that can't be read or is refused; nothing is stored then.
        """
        told, seeded = progress or _silent, Seeded()
        total = sum(1 for _ in _walk(library))
        done = 0
        with self.db_session.no_autoflush:
            for kind, names, made in self._rows(library):
                if made is None:
                    seeded.present += 1
                else:
                    seeded.added[kind] += 1
                done += 1
                told(f"{kind}: {names}", done, total)
        return seeded

    @operation
    def verify_password(self, username: str, password: str) -> bool:
        """Tell whether this is the user's password; False where there's no such user, as late."""
        chosen = select(User).where(User.username == username).options(undefer(User.password_hash))
        user = self.scalars(chosen).one_or_none()
        kept = _decoy() if user is None else user.password_hash
        try:
            return _hasher().verify(kept, password) and user is not None
        except (VerificationError, InvalidHashError):
            return False

    def _rows(self, library: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, Any]]:
        """Give each entry's kind and name, with the object that was made of it, or None where it's there."""
        for entry in library:
            user, new_user = self._user(entry)
            yield "users", user.username, new_user
            for cast in entry.get("characters", ()):
                character, made = self._character(user, cast)
                yield "characters", character.name, made
                for tale in cast.get("stories", ()):
                    yield "stories", tale.get("title", "?"), self._story(user, character, tale)

    def _user(self, entry: Mapping[str, Any]) -> tuple[User, User | None]:
        found = self.first(User.username == _named(entry, "username"))
        if found is not None:
            return found, None
        values = {name: value for name, value in entry.items() if name not in ("characters", "password")}
        values["password_hash"] = hash_password(_named(entry, "password"))
        return self._added(User, values)

    def _character(self, user: User, entry: Mapping[str, Any]) -> tuple[Character, Character | None]:
        wanted = select(Character).where(
            Character.user_id == user.id, Character.name == _named(entry, "name")
        )
        found = self.scalars(wanted.limit(1)).first()
        if found is not None:
            return found, None
        values = {name: value for name, value in entry.items() if name != "stories"}
        return self._added(Character, {**values, "user_id": user.id})

    def _story(self, user: User, character: Character, entry: Mapping[str, Any]) -> Story | None:
        wanted = select(Story.id).where(Story.user_id == user.id, Story.title == _named(entry, "title"))
        if self.scalars(wanted.limit(1)).first() is not None:
            return None
        values = {**entry, "user_id": user.id, "character_id": character.id}
        values.setdefault("page_count", len(entry.get("content", ())))
        story: Story = self._added(Story, values)[0]
        return story

    def _added(self, model: type[Any], values: Mapping[str, Any]) -> tuple[Any, Any]:
        try:
            entity = model(**validate(model, values))
        except EntityValidationError as error:
            raise SeedingError(
                f"the library's entry can't be written: {error.message}",
                entity=error.entity,
                columns=error.columns,
                remedy="Mend the entry; nothing was stored.",
            ) from error
        self.db_session.add(entity)
        self.db_session.flush()
        return entity, entity


class Seeder(SeedOperations, BaseRepository[User]):
    """Fills a database's library."""


class AsyncSeeder(SeedOperations, AsyncBaseRepository[User]):
    """Fills a database's library, asynchronously."""


def verify_password(db: Any, username: str, password: str) -> Any:
    """Tell whether this is the user's password."""
    return Seeder(db).verify_password(username, password)


@cache
def _decoy() -> str:
    return _hasher().hash("nobody's password")


def _named(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise SeedingError(
            f"an entry of the library has no {name}", remedy="Give it one; nothing was stored."
        )
    return value


def _walk(library: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for entry in library:
        yield entry
        for cast in entry.get("characters", ()):
            yield cast
            yield from cast.get("stories", ())


def _silent(what: str, done: int, total: int) -> None:
    pass
