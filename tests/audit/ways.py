"""Every way of changing a row: what does it, and which entries it has to leave.

Each starts from three projects (1, 2, 3; named a, b, c), a video of each of the first two, and a clip of
the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, text, update

from tests.audit.models import Account, Clip, Folder, Project, Video, tags

DATABASES = ("sqlite", "postgresql", "mysql")

C, U, D = "CREATE", "UPDATE", "DELETE"
Expected = list[tuple[str, str]]


@dataclass(frozen=True)
class Way:
    """One way: `do` is given the test's tools, and `leaves` has an action and an entity for each entry."""

    name: str
    do: Callable[[Any], None]
    leaves: Expected
    on: tuple[str, ...] = DATABASES
    otherwise: dict[str, Expected] = field(default_factory=dict)
    """What it leaves on a database that does something else."""
    actor: str | None = "ana"
    """Who is told; nobody where it's sent past SQLAlchemy."""


def sql(*statements: str) -> Callable[[Any], None]:
    """Give a way that sends these as text, in one session."""
    return lambda tools: tools.session(lambda run: [run(text(one)) for one in statements])


def core(make: Callable[[], Any], parameters: Any = None) -> Callable[[Any], None]:
    """Give a way that sends a statement of Core's in a session."""
    return lambda tools: tools.session(lambda run: run(make(), *([parameters] if parameters else [])))


def repo(model: type, call: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Give a way that calls an operation outside any session."""
    return lambda tools: tools.run(call(tools.repository(model)))


def objects(change: Callable[[Any, Any], None]) -> Callable[[Any], None]:
    """Give a way that changes objects in a session, and lets it flush."""
    return lambda tools: tools.unit(change)


CASCADE = [(D, "clip 1"), (D, "project 1"), (D, "video 1")]
LOST = [(U, "clip 1"), *CASCADE]
"""Where the clip first loses its project, and then goes with the video."""

UPSERT = {
    "sqlite": "INSERT INTO videos (id, project_id, path) VALUES (1, 1, 'n')"
    " ON CONFLICT (id) DO UPDATE SET path = excluded.path",
    "postgresql": "INSERT INTO videos (id, project_id, path) VALUES (1, 1, 'n')"
    " ON CONFLICT (id) DO UPDATE SET path = excluded.path",
    "mysql": "INSERT INTO videos (id, project_id, path) VALUES (1, 1, 'n')"
    " ON DUPLICATE KEY UPDATE path = VALUES(path)",
}
IGNORE = {
    "sqlite": "INSERT OR IGNORE INTO projects (id, name) VALUES (1, 'z')",
    "postgresql": "INSERT INTO projects (id, name) VALUES (1, 'z') ON CONFLICT DO NOTHING",
    "mysql": "INSERT IGNORE INTO projects (id, name) VALUES (1, 'z')",
}


def by_database(statements: dict[str, str]) -> Callable[[Any], None]:
    """Give a way whose statement each database spells its own way."""
    return lambda tools: sql(statements[tools.database])(tools)


def failing(tools: Any) -> None:
    """Change a row, and let the transaction fail."""
    tools.failing(lambda run: run(text("UPDATE projects SET name = 'x' WHERE id = 1")))


def savepoint(tools: Any) -> None:
    """Change one row for good, and another in a savepoint that is rolled back."""
    tools.savepoint(
        "UPDATE projects SET name = 'x' WHERE id = 1", "UPDATE projects SET name = 'x' WHERE id = 2"
    )


WAYS = (
    Way("create", repo(Project, lambda r: r.create(Project(id=9, name="n"))), [(C, "project 9")]),
    Way("update", repo(Project, lambda r: r.update(1, {"name": "n"})), [(U, "project 1")]),
    Way(
        "update by SQL",
        repo(Project, lambda r: r.update(1, {"name": Project.name + "n"})),
        [(U, "project 1")],
    ),
    Way("update to what it was", repo(Project, lambda r: r.update(1, {"name": "a"})), []),
    Way("delete", repo(Project, lambda r: r.delete(3)), [(D, "project 3")]),
    Way("save", lambda t: t.save(Project, 2, "name", "n"), [(U, "project 2")]),
    Way(
        "create_many",
        repo(Project, lambda r: r.create_many([Project(id=at, name="n") for at in (7, 8)])),
        [(C, "project 7"), (C, "project 8")],
    ),
    Way(
        "create_many, numbered by the database",
        repo(Video, lambda r: r.create_many([Video(project_id=1, path=p) for p in "xyz"])),
        [(C, "video 3"), (C, "video 4"), (C, "video 5")],
        on=("sqlite",),
    ),
    Way(
        "update_many",
        repo(Project, lambda r: r.update_many([{"id": at, "name": "n"} for at in (1, 2)])),
        [(U, "project 1"), (U, "project 2")],
    ),
    Way("delete_many", repo(Project, lambda r: r.delete_many([3, 99])), [(D, "project 3")]),
    Way(
        "update_where",
        repo(Project, lambda r: r.update_where({"note": "n"}, Project.id > 1)),
        [(U, "project 2"), (U, "project 3")],
    ),
    Way("delete_where", repo(Clip, lambda r: r.delete_where(Clip.id > 0)), [(D, "clip 1")]),
    Way(
        "upsert of a new row", repo(Project, lambda r: r.upsert(Project(id=9, name="n"))), [(C, "project 9")]
    ),
    Way(
        "upsert of an old row", repo(Project, lambda r: r.upsert(Project(id=1, name="n"))), [(U, "project 1")]
    ),
    Way("soft delete", repo(Account, lambda r: r.delete(1)), [(D, "user 1")]),
    Way("soft delete, then restored", lambda t: t.restore(Account, 1), [(C, "user 1"), (D, "user 1")]),
    Way("an object added", objects(lambda s, get: s.add(Folder(id=5))), [(C, "folder 5")]),
    Way(
        "an object changed", objects(lambda s, get: setattr(get(Project, 1), "name", "n")), [(U, "project 1")]
    ),
    Way(
        "Core's INSERT", core(lambda: insert(tags), {"project_id": 1, "tag": "t"}), [(C, "project_tags 1,t")]
    ),
    Way(
        "Core's INSERT of many",
        core(lambda: insert(Project), [{"id": at, "name": "n"} for at in (7, 8)]),
        [(C, "project 7"), (C, "project 8")],
    ),
    Way(
        "Core's UPDATE",
        core(lambda: update(Project).where(Project.id < 3).values(name="n")),
        [(U, "project 1"), (U, "project 2")],
    ),
    Way("Core's DELETE", core(lambda: delete(Project).where(Project.id == 3)), [(D, "project 3")]),
    Way(
        "INSERT … SELECT",
        sql("INSERT INTO folders (id) SELECT id + 10 FROM projects WHERE id < 3"),
        [(C, "folder 11"), (C, "folder 12")],
    ),
    Way("text: UPDATE", sql("UPDATE projects SET name = 'n' WHERE id = 1"), [(U, "project 1")]),
    Way(
        "text: only the case changes", sql("UPDATE projects SET name = 'A' WHERE id = 1"), [(U, "project 1")]
    ),
    Way("text: a space is added", sql("UPDATE projects SET name = 'a ' WHERE id = 1"), [(U, "project 1")]),
    Way("text: NULL to text", sql("UPDATE projects SET note = '' WHERE id = 1"), [(U, "project 1")]),
    Way("text: nothing changes", sql("UPDATE projects SET name = name"), []),
    Way("text: no row is met", sql("DELETE FROM projects WHERE id = 99"), []),
    Way("text: a stamp is moved by a trigger", sql("UPDATE accounts SET name = 'm'"), [(U, "user 1")]),
    Way("text: what isn't audited", sql("INSERT INTO plain (id, name) VALUES (1, 'x')"), []),
    Way("upsert as text", by_database(UPSERT), [(U, "video 1")]),
    Way("INSERT that is ignored", by_database(IGNORE), []),
    Way(
        "REPLACE",
        sql("REPLACE INTO clips (id, video_id) VALUES (1, 2)"),
        [(C, "clip 1"), (D, "clip 1")],
        on=("sqlite", "mysql"),
    ),
    Way(
        "REPLACE that takes another's place",
        sql("REPLACE INTO videos (id, project_id, path) VALUES (2, 1, 'v1')"),
        [(C, "video 2"), (D, "clip 1"), (D, "video 1"), (D, "video 2")],
        on=("sqlite",),
    ),
    Way(
        "UPDATE … FROM",
        sql("UPDATE videos SET path = projects.name FROM projects WHERE projects.id = videos.project_id"),
        [(U, "video 1"), (U, "video 2")],
        on=("sqlite", "postgresql"),
    ),
    Way(
        "UPDATE of two tables",
        sql(
            "UPDATE videos JOIN projects p ON p.id = project_id"
            " SET path = p.name, p.note = 'n' WHERE p.id = 1"
        ),
        [(U, "project 1"), (U, "video 1")],
        on=("mysql",),
    ),
    Way(
        "MERGE",
        sql(
            "MERGE INTO projects p USING (VALUES (1), (9)) v (id) ON p.id = v.id WHEN MATCHED THEN UPDATE SET"
            " name = 'n' WHEN NOT MATCHED THEN INSERT (id, name) VALUES (v.id, 'n')"
        ),
        [(C, "project 9"), (U, "project 1")],
        on=("postgresql",),
    ),
    Way(
        "a change in a WITH",
        sql("WITH gone AS (DELETE FROM projects WHERE id = 3 RETURNING id) SELECT count(*) FROM gone"),
        [(D, "project 3")],
        on=("postgresql",),
    ),
    Way(
        "COPY",
        lambda t: t.copy("projects", "7\tn\t\\N\n"),
        [(C, "project 7")],
        on=("postgresql",),
        actor=None,
    ),
    Way("TRUNCATE", sql("TRUNCATE clips"), [(D, "clip 1")], on=("postgresql",)),
    Way(
        "a cascade",
        sql("DELETE FROM projects WHERE id = 1"),
        LOST,
        otherwise={"mysql": CASCADE},
    ),
    Way(
        "a cascade through a repository",
        repo(Project, lambda r: r.delete(1)),
        LOST,
        otherwise={"mysql": CASCADE},
    ),
    Way(
        "a changed key, and what refers to it",
        sql("UPDATE projects SET id = 50 WHERE id = 1"),
        [(U, "clip 1"), (U, "project 50"), (U, "video 1")],
    ),
    Way(
        "a table that refers to itself",
        sql(
            "INSERT INTO folders (id) VALUES (1)",
            "INSERT INTO folders (id, parent_id) VALUES (2, 1), (3, 2)",
            "DELETE FROM folders WHERE id = 1",
        ),
        [*[(C, f"folder {at}") for at in (1, 2, 3)], *[(D, f"folder {at}") for at in (1, 2, 3)]],
    ),
    Way("a transaction that is rolled back", failing, []),
    Way("a savepoint that is rolled back", savepoint, [(U, "project 1")]),
)
