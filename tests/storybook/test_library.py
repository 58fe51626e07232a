"""The library on both faces and three databases: constraints, seeding, writers at once, pictures, pages."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from app.database import (
    AsyncStories,
    AsyncUsers,
    Base,
    Character,
    Image,
    Stories,
    Story,
    User,
    Users,
    get_async_session,
    get_session,
    make_manager,
    utils,
)
from app.database.engine import CACHE_KIB
from app.database.library import LIBRARY
from app.database.seed import AsyncSeeder, Seeder, hash_password
from app.publishing import AsyncPublisher, Publisher
from PIL import Image as Picture
from sqlalchemy import text

from colonnade import AsyncBaseRepository, BaseRepository
from colonnade.errors import (
    CheckViolationError,
    EntityNotFoundError,
    EntityValidationError,
    ForeignKeyViolationError,
    NotAMemberError,
    SeedingError,
    UniqueViolationError,
)
from colonnade.models import from_dict, to_dict
from tests.faces import Face

USER: dict[str, Any] = {"username": "u", "email": "u@example.com", "password_hash": "x"}
STORY: dict[str, Any] = {"title": "t", "age_group": "3-5", "story_tone": "calming"}


def _repository(faced: Face, model: type, db: Any) -> Any:
    face: Any = faced.pick(BaseRepository, AsyncBaseRepository)
    return face[model](db)


def _people(faced: Face, db: Any) -> tuple[Any, Any]:
    users = _repository(faced, User, db)
    one = faced.run(users.create(User(**USER)))
    other = faced.run(users.create(User(username="v", email="v@example.com", password_hash="x")))
    character = faced.run(_repository(faced, Character, db).create(Character(user_id=one.id, name="c")))
    return character, other


def test_the_database_holds_every_rule(faced: Face, library: Any) -> None:
    character, other = _people(faced, library)
    users: Any = faced.pick(Users, AsyncUsers)(library)
    stories: Any = faced.pick(Stories, AsyncStories)(library)
    images = _repository(faced, Image, library)
    own = {**STORY, "user_id": character.user_id, "character_id": character.id}
    refused: list[tuple[type[Exception], Any]] = [
        (UniqueViolationError, lambda: users.create(User(**{**USER, "email": "w@example.com"}))),
        (
            UniqueViolationError,
            lambda: users.create(User(**{**USER, "username": "w", "email": "U@Example.COM"})),
        ),
        (ForeignKeyViolationError, lambda: stories.create(Story(**{**own, "user_id": other.id}))),
        (CheckViolationError, lambda: stories.create(Story(**{**own, "page_count": -1}))),
        (CheckViolationError, lambda: stories.create(Story(**{**own, "generation_cost": Decimal(-1)}))),
        (NotAMemberError, lambda: stories.create(Story(**{**own, "age_group": "adult"}))),
        (NotAMemberError, lambda: stories.create(Story(**{**own, "status": "Draft"}))),
        (NotAMemberError, lambda: stories.create(Story(**{**own, "moral_lesson": "greed"}))),
        (NotAMemberError, lambda: stories.create(Story(**{**own, "story_tone": "grim"}))),
        (EntityValidationError, lambda: users.create(User(**{**USER, "email": "e" * 255}))),
        (EntityValidationError, lambda: images.create(Image(user_id=1, character_id=1, format="png"))),
    ]
    for kind, call in refused:
        with pytest.raises(kind):
            faced.run(call())
    story = faced.run(stories.create(Story(**own)))
    assert (story.status, story.moral_lesson, story.content) == ("draft", None, [])
    assert faced.run(users.get_by_email("U@EXAMPLE.com")).id == character.user_id
    assert faced.run(stories.find(filters={"user.email": "U@example.com"}))[0].id == story.id
    faced.run(users.delete(character.user_id))
    assert faced.run(stories.count()) == 0


def test_raw_statements_meet_the_rules_too(faced: Face, library: Any) -> None:
    character, _ = _people(faced, library)
    users: Any = User.__table__
    full = {**STORY, "user_id": character.user_id, "character_id": character.id}
    full |= {"content": [], "page_count": 0, "status": "draft", "generation_cost": Decimal(0)}
    for wrong in ({"age_group": "4"}, {"status": "done"}, {"story_tone": "x"}, {"moral_lesson": "x"}):
        statement = text(
            "INSERT INTO stories (user_id, character_id, title, content, age_group, page_count, status, "
            "generation_cost, story_tone, moral_lesson) VALUES (:user_id, :character_id, :title, '[]', "
            ":age_group, 0, :status, 0, :story_tone, :moral_lesson)"
        ).bindparams(
            **{
                name: full.get(name)
                for name in ("user_id", "character_id", "title", "age_group", "status", "story_tone")
            }
            | {"moral_lesson": None}
            | wrong
        )
        with pytest.raises(CheckViolationError):
            faced.run(_in_session(faced, library, statement))
    statement = text(f"UPDATE {users.name} SET email = 'V@example.com' WHERE username = 'v'")
    with pytest.raises(CheckViolationError):
        faced.run(_in_session(faced, library, statement))


def _in_session(faced: Face, db: Any, statement: Any) -> Any:
    if not faced.is_async:
        with db.session() as session:
            return session.execute(statement)

    async def run() -> None:
        async with db.session() as session:
            await session.execute(statement)

    return run()


def test_seeding_twice_adds_nothing_and_a_bad_entry_stores_nothing(faced: Face, library: Any) -> None:
    seeder: Any = faced.pick(Seeder, AsyncSeeder)(library)
    told: list[Any] = []
    first = faced.run(seeder.seed(progress=lambda *one: told.append(one)))
    assert first.added == {"users": 2, "characters": 3, "stories": 4}
    assert told[-1][1:] == (9, 9)
    again = faced.run(seeder.seed())
    assert (set(again.added.values()), again.present) == ({0}, 9)
    bad = [
        *LIBRARY,
        {
            "username": "zed",
            "email": "z@example.com",
            "password": "long enough",
            "characters": [{"name": "Z", "stories": [{**STORY, "age_group": "adult"}]}],
        },
    ]
    with pytest.raises(SeedingError, match="age_group of Story takes one of"):
        faced.run(seeder.seed(bad))
    assert faced.run(seeder.count()) == 2
    assert faced.run(seeder.verify_password("ana", "a fox in the fog"))
    assert not faced.run(seeder.verify_password("ana", "a fox in the hog"))
    assert not faced.run(seeder.verify_password("nobody", "a fox in the fog"))
    ana = faced.run(faced.pick(Users, AsyncUsers)(library).get_by_username("ana"))
    assert "password_hash" not in to_dict(ana)
    with pytest.raises(EntityValidationError, match="8 characters"):
        hash_password("short")


def test_pictures_are_real_and_a_page_needs_nothing_else(faced: Face, library: Any) -> None:
    faced.run(faced.pick(Seeder, AsyncSeeder)(library).seed())
    publisher: Any = faced.pick(Publisher, AsyncPublisher)(library)
    assert faced.run(publisher.illustrate(1)) == 4
    assert faced.run(publisher.illustrate(1)) == 0
    assert faced.run(publisher.illustrate(1, anew=True)) == 4
    images = faced.run(_repository(faced, Image, library).find(filters={"story_id": 1}, load="data"))
    assert {image.regeneration_count for image in images} == {1}
    with Picture.open(io.BytesIO(images[0].data)) as picture:
        assert (picture.format, picture.size) == ("PNG", (640, 420))
    faced.run(
        faced.pick(Stories, AsyncStories)(library).update(1, {"title": "<script>alert(1)</script> & co"})
    )
    html = faced.run(publisher.html_page(1))
    reader = _Reader()
    reader.feed(html)
    assert reader.sources and all(source.startswith("data:image/png;base64,") for source in reader.sources)
    assert "script" not in reader.tags
    assert not re.search(r'(src|href)="(?!data:)', html)
    with pytest.raises(EntityNotFoundError, match="no story 99"):
        faced.run(publisher.html_page(99))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.sources += [value or "" for name, value in attrs if name == "src"]


def test_upkeep_and_plain_data(faced: Face, library: Any) -> None:
    faced.run(faced.pick(Seeder, AsyncSeeder)(library).seed())
    health = faced.run(faced.pick(utils.status, utils.async_status)(library))
    assert health.size > 0 and health.problems == ()
    before, after = faced.run(faced.pick(utils.maintain, utils.async_maintain)(library))
    assert before > 0 and after > 0
    story = faced.run(faced.pick(Stories, AsyncStories)(library).get(1))
    shown = to_dict(story)
    assert to_dict(from_dict(Story, shown)) == shown


def test_sessions_by_request(faced: Face, library: Any) -> None:
    users = _repository(faced, User, library)
    if faced.is_async:

        async def request() -> None:
            dependency = get_async_session(library)()
            session = await anext(dependency)
            session.add(User(**USER))
            with pytest.raises(RuntimeError):
                await dependency.athrow(RuntimeError("the request failed"))

        faced.run(request())
    else:
        dependency = get_session(library)()
        next(dependency).add(User(**USER))
        with pytest.raises(RuntimeError):
            dependency.throw(RuntimeError("the request failed"))
    assert faced.run(users.count()) == 0


def _by_sixteen(faced: Face, call: Callable[[int], Any]) -> list[Any]:
    """Give what 32 calls gave, of which sixteen go on at once."""
    if not faced.is_async:
        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(call, range(32)))
    turns = asyncio.Semaphore(16)

    async def one(number: int) -> Any:
        async with turns:
            return await call(number)

    async def every() -> list[Any]:
        return await asyncio.gather(*map(one, range(32)))

    return list(faced.run(every()))


def test_sixteen_writers_make_one_row(faced: Face, library: Any) -> None:
    users = _repository(faced, User, library)
    defaults = {"email": "a@example.com", "password_hash": "x"}
    made = _by_sixteen(faced, lambda _: users.get_or_create(defaults, username="a"))
    assert sum(created for _, created in made) == 1
    assert len({user.id for user, _ in made}) == 1

    def upsert(number: int) -> Any:
        user = User(username="b", email="b@example.com", password_hash="x", first_name=str(number))
        return users.upsert(user, on="username")

    _by_sixteen(faced, upsert)
    assert faced.run(users.count(filters={"username": "b"})) == 1


def test_pragmas_are_told_to_sqlite_alone(sync_url: str) -> None:
    with make_manager(sync_url, on_start="ignore") as db, db.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        if db.engine.dialect.name == "sqlite":
            for pragma, wanted in (("foreign_keys", 1), ("synchronous", 1), ("cache_size", -CACHE_KIB)):
                assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == wanted
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() > 0


def test_pages_by_number_and_filters(sync_url: str) -> None:
    with make_manager(sync_url, on_start="ignore") as db:
        Base.metadata.create_all(db.engine)
        Seeder(db).seed()
        other = {"email": "q@example.com", "password_hash": "x"}
        assert [utils.get_or_create(db, User, other, username="q")[1] for _ in range(2)] == [True, False]
        page = utils.paginate(
            db, Story, 2, 3, filters={"status__in": ["completed", "draft"]}, order_by="-title"
        )
        assert (page.page, page.pages, page.total, len(page.items)) == (2, 2, 4, 1)
        assert [one.title for one in utils.find_by(db, Story, {"title__icontains": "STRASSE"})]
        with pytest.raises(EntityValidationError, match="Did you mean 'title'"):
            utils.find_by(db, Story, {"titel": 1})
        with pytest.raises(EntityValidationError, match="from 1"):
            utils.paginate(db, Story, 0)
