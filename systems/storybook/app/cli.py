"""`python -m app`: seed, users, stories, illustrate, export, maintain, status; demo."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NoReturn

import typer
from rich.progress import Progress

from app.database import migrations, utils
from app.database.engine import make_manager
from app.database.models import Story
from app.database.seed import Seeder
from app.database.session import Stories, Users
from app.publishing import Publisher, write_page
from colonnade import DatabaseManager
from colonnade.errors import ConfigurationError, DatabaseError, EntityValidationError
from colonnade.models import to_dict, validate

__all__ = ["app"]

logging.getLogger("colonnade").addHandler(logging.NullHandler())

app = typer.Typer(
    name="app",
    help="A library of children's stories in a database.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Url = Annotated[
    str | None,
    typer.Option(
        "--url", help="The database; without it DATABASE_URL, else ./storybook.db.", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def seed(url: Url = None) -> None:
    """Fill the library; a second run adds nothing. The schema is brought up to date first."""
    with _opened(url) as db, _progress("seeding") as progress:
        migrations.run(db)
        seeded = Seeder(db).seed(progress=progress)
    told = ", ".join(f"{count} {name}" for name, count in seeded.added.items())
    _say(f"added {told}; {seeded.present} were there already")


@app.command()
def users(
    url: Url = None,
    query: Annotated[str, typer.Argument(help='Such as "username__icontains=an&order=-id".')] = "order=id",
    as_json: AsJson = False,
) -> None:
    """List users. Passwords are never shown."""
    with _opened(url, reads=True) as db:
        _show(
            [to_dict(one) for one in Users(db).query(query).items],
            ("id", "username", "email", "first_name", "is_admin"),
            as_json,
        )


@app.command()
def stories(
    url: Url = None,
    query: Annotated[
        str, typer.Argument(help='Such as "title__icontains=fox&age_group=3-5&user.username=ana".')
    ] = "order=id",
    as_json: AsJson = False,
) -> None:
    """List stories that a query asks for."""
    with _opened(url, reads=True) as db:
        _show(
            [to_dict(one) for one in Stories(db).query(query).items],
            ("id", "title", "age_group", "story_tone", "status", "page_count", "generation_cost"),
            as_json,
        )


@app.command()
def illustrate(
    url: Url = None,
    story: Annotated[int | None, typer.Option(help="One story; without it all.", show_default=False)] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Draw those again that are there.")] = False,
) -> None:
    """Draw a picture for each page that has none."""
    with _opened(url, reads=True) as db, _progress("drawing") as progress:
        drawn = Publisher(db).illustrate(story, anew=anew, progress=progress)
    _say(f"drew {drawn} pictures")


@app.command()
def export(
    story: Annotated[int, typer.Argument(help="The story's id.")],
    url: Url = None,
    to: Annotated[Path | None, typer.Option(help="The file; else one named after the story.")] = None,
) -> None:
    """Write a story as one HTML page with its pictures in it."""
    with _opened(url, reads=True) as db:
        title = Stories(db).get(story, load="character")
        html = Publisher(db).html_page(story)
    name = re.sub(r"\W+", "-", title.title if title else str(story)).strip("-").lower() or str(story)
    file = to or Path(f"{name}.html")
    try:
        write_page(html, file)
    except OSError as problem:
        _fail(f"{file} can't be written: {problem.strerror}")
    _say(f"wrote {file} ({len(html.encode()) // 1024} KiB)")


@app.command()
def maintain(url: Url = None) -> None:
    """Check the database, give free space back, and renew the planner's statistics."""
    with _opened(url, reads=True) as db:
        _tell(utils.status(db).problems)
        before, after = utils.maintain(db)
    _say(f"{before} bytes before, {after} after")


@app.command()
def status(url: Url = None, as_json: AsJson = False) -> None:
    """Tell revision, counts, costs, size and integrity; exit code 1 where something is wrong."""
    with _opened(url, reads=True) as db:
        health = utils.status(db)
        told: dict[str, Any] = {
            "revision": ", ".join(migrations.status(db).current) or "none",
            "users": Users(db).count(),
            "stories": Stories(db).count(),
            "by status": {row["status"]: f"{row['stories']} ({row['cost']})" for row in Stories(db).costs()},
            "size": health.size,
            "problems": list(health.problems),
        }
    if as_json:
        print(json.dumps(told, indent=2))
    else:
        for name, value in told.items():
            _say(f"{name}: {value if value not in ([], {}) else 'none'}")
    if health.problems:
        raise typer.Exit(1)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where the page goes.")] = Path("demo"),
) -> None:
    """Show the library, a story that is refused, a query, and a page, on a database of its own."""
    _say("== storybook: a library, refused, asked and exported ==")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as own, _opened(f"sqlite:///{own}/storybook.db") as db:
        migrations.run(db)
        _say(f"seeded: {Seeder(db).seed().added}")
        try:
            validate(
                Story,
                {"title": "Night of the Wolves", "age_group": "adult", "story_tone": "calming"},
                partial=True,
            )
        except EntityValidationError as refused:
            _say(f"refused: {refused}")
        query = "title__icontains=STRASSE&user.email=ANA@example.com"
        for story in Stories(db).query(query).items:
            _say(f"{query} finds: {story.title}")
        publisher = Publisher(db)
        _say(f"drawn: {publisher.illustrate(1)} pictures")
        file = folder / "the-fox-who-counted-stars.html"
        write_page(publisher.html_page(1), file)
        _say(f"exported: {file}")


@contextmanager
def _opened(url: str | None, *, reads: bool = False) -> Iterator[DatabaseManager]:
    """Open the library; an error of the database ends the program. One that only `reads` makes no file."""
    try:
        with make_manager(url, on_start="ignore") as db:
            file = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
            if reads and file and not file.startswith(("file:", ":")) and not Path(file).exists():
                raise ConfigurationError(
                    f"there is no library at {file}", remedy="Fill one: python -m app seed"
                )
            yield db
    except DatabaseError as problem:
        _fail(str(problem))


@contextmanager
def _progress(what: str) -> Iterator[Any]:
    if not sys.stderr.isatty():
        yield None
        return
    with Progress(transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda text, done, total: bar.update(task, completed=done, total=total, description=text[:40])


def _show(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    shown = [columns, *([_plain(row.get(name, "")) for name in columns] for row in rows)]
    widths = [max(len(row[at]) for row in shown) for at in range(len(columns))]
    for row in shown:
        _say("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _tell(problems: tuple[str, ...]) -> None:
    for problem in problems:
        print(_plain(problem), file=sys.stderr)
    if problems:
        raise typer.Exit(1)


def _say(text: str) -> None:
    print(_plain(text))


def _fail(text: str) -> NoReturn:
    print(f"storybook: {_plain(' '.join(text.split()))}", file=sys.stderr)
    raise typer.Exit(1)


def _plain(value: Any) -> str:
    """Give a value's text without what would move a terminal's cursor."""
    text = json.dumps(value) if isinstance(value, Mapping | list) else "" if value is None else str(value)
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
