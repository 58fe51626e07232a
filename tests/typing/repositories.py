"""A user's code on the real classes: what both checkers infer on either face."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Generator
from typing import Any, assert_type

from sqlalchemy.orm import Mapped, Session, mapped_column

from colonnade import (
    AsyncBaseRepository,
    AsyncDatabaseManager,
    BaseRepository,
    DatabaseManager,
    Page,
    RepositoryOperations,
    operation,
)
from colonnade.models import Base


class Project(Base):
    __tablename__ = "project"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class ProjectOperations(RepositoryOperations[Project]):
    @operation
    def find_by_name(self, name: str) -> Project | None:
        found = self.find(Project.name == name, limit=1)
        assert_type(found, list[Project])
        assert_type(self.get(1), Project | None)
        assert_type(self.db_session, Session)
        return found[0] if found else None


class ProjectRepository(ProjectOperations, BaseRepository[Project]): ...


class AsyncProjectRepository(ProjectOperations, AsyncBaseRepository[Project]): ...


def plainly(db: DatabaseManager, projects: ProjectRepository) -> None:
    assert_type(projects.get(1), Project | None)
    assert_type(projects.get_one(1), Project)
    assert_type(projects.list(skip=0, limit=10), list[Project])
    assert_type(projects.list_and_count(), tuple[list[Project], int])
    assert_type(projects.find_by_name("fox"), Project | None)
    assert_type(projects.page(limit=10), Page[Project])
    assert_type(projects.create(Project(name="fox")), Project)
    assert_type(projects.create_many([Project(name="fox")]), list[Project])
    assert_type(projects.get_or_create(name="fox"), tuple[Project, bool])
    assert_type(projects.update(1, {"name": "ox"}), Project)
    assert_type(projects.update_where({"name": "ox"}, Project.id > 1), int)
    assert_type(projects.delete(1), bool)
    assert_type(projects.count(Project.name == "fox"), int)
    assert_type(projects.stream(), Generator[Project, None, None])
    assert_type(db.run(projects.get_one, 1), Project)
    with db.session() as session:
        assert_type(session, Session)
    assert_type(BaseRepository[Project](db).get(1), Project | None)


async def awaited(db: AsyncDatabaseManager, projects: AsyncProjectRepository) -> None:
    coroutine = assert_type(projects.get(1), Coroutine[Any, Any, Project | None])
    assert_type(await coroutine, Project | None)
    assert_type(await projects.get(1), Project | None)
    assert_type(await projects.list(), list[Project])
    assert_type(await projects.find_by_name("fox"), Project | None)
    assert_type(await projects.page(limit=10), Page[Project])
    assert_type(await projects.get_or_create(name="fox"), tuple[Project, bool])
    assert_type(await projects.delete(1), bool)
    assert_type(projects.stream(), AsyncGenerator[Project, None])
    assert_type(await db.run(projects.find_by_name, "fox"), Project | None)
    assert_type(await AsyncBaseRepository[Project](db).count(), int)
    async with db.session() as session:
        await session.flush()


def wrong(projects: ProjectRepository, awaited: AsyncProjectRepository) -> None:
    projects.find_by_name(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    projects.create("fox")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    projects.get()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    forgotten: Project | None = awaited.get(1)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    assert forgotten
