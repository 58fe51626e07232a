"""The house's rules as data, and a reader that finds where a source tree breaks one.

`breaches(folder)` reads every module of a package with `ast` and gives one line per breach:
`path:line: rule`. The diagram and the rules are those of the design's "The house".
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "colonnade"

# Each room, and the rooms right below it. What's below those may be imported as well.
BELOW: dict[str, tuple[str, ...]] = {
    "errors": (),
    "settings": ("errors",),
    "dialects": ("settings",),
    "models": ("dialects",),
    "engine": ("dialects",),
    "repository": ("models", "engine"),
    "migrations": ("repository",),
    "audit": ("migrations",),
    "describe": ("audit",),
    "transfer": ("audit",),
    "seeding": ("audit",),
    "starting": ("migrations",),  # a project is written, and nothing of it is run
    "cli": ("describe", "transfer", "seeding", "starting"),
    "studio": ("describe", "transfer", "seeding"),
    # Not in the diagram. The testing room serves users' tests and may use all but the two programs;
    # `__main__` starts the command line; the package itself only lists names.
    "testing": ("describe", "transfer", "seeding"),
    "__main__": ("cli",),
    "__init__": ("describe", "transfer", "seeding"),
}

COMMITTING = ("engine/session.py", "migrations/apply.py")
AWAITING = (
    # Of a driver's own connection: a greenlet takes as long as a quarter of a server's answer.
    "dialects/awaiting.py",
    "dialects/mysql/direct.py",
    "dialects/postgresql/direct.py",
    "dialects/sqlite/direct.py",
    "engine/",
    "repository/operation.py",
    "repository/repository.py",
    "repository/stream.py",
    "studio/",
    "testing/compliance/faces.py",
)
# The settings read URLs, `postgres://` among them, and take a bare path for an SQLite file.
NAMING_DATABASES = (
    "cli/db/lint.py",
    "dialects/",
    # A rule is about one thing that one database does.
    "migrations/lint/",
    "settings.py",
    "testing/servers.py",
    "testing/databases.py",
    "testing/throwaway.py",
)
DEFINING_EXCEPTIONS = ("errors.py",)
READING_THE_ENVIRONMENT = ("settings.py", "testing/")
SPEAKING = ("cli/", "__main__.py")

PUBLIC = ("errors", "models", "migrations", "audit", "seeding", "starting", "describe", "testing")
"""The rooms that a user's code imports from, beside the package's front."""

DATABASE_NAMES = re.compile(r"sqlite|postgres|mysql|mariadb|psycopg|asyncpg|asyncmy", re.IGNORECASE)


@dataclass(frozen=True)
class Module:
    """One module of the package: its place in it, its tree."""

    path: str
    tree: ast.Module
    package: str = PACKAGE

    @cached_property
    def room(self) -> str:
        return Path(self.path).parts[0].removesuffix(".py")

    def stands_in(self, places: tuple[str, ...]) -> bool:
        return any(
            self.path.startswith(place) if place.endswith("/") else self.path == place for place in places
        )

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))


Breach = tuple[ast.AST, str]
Rule = Callable[[Module], Iterator[Breach]]


def breaches(folder: Path) -> list[str]:
    """Give every breach in the package whose modules are in `folder`."""
    found = []
    for file in sorted(folder.rglob("*.py")):
        module = Module(file.relative_to(folder).as_posix(), ast.parse(file.read_text(encoding="utf-8")))
        for rule in RULES:
            found += [f"{module.path}:{getattr(node, 'lineno', 0)}: {text}" for node, text in rule(module)]
    return found


def private_imports(folder: Path) -> list[str]:
    """Give every import of user code in `folder` that isn't of a public module."""
    found = []
    for file in sorted(folder.rglob("*.py")):
        path = file.relative_to(folder).as_posix()
        module = Module(path, ast.parse(file.read_text(encoding="utf-8")), package="")
        for node, name in _imports(module):
            top, _, room = name.partition(".")
            if top == PACKAGE and room and room not in PUBLIC and not room.startswith("testing."):
                found.append(f"{path}:{getattr(node, 'lineno', 0)}: {name}")
    return found


def all_below(room: str) -> set[str]:
    """Give every room that a room may import."""
    return {room}.union(*(all_below(below) for below in BELOW[room]))


def imports_go_down(module: Module) -> Iterator[Breach]:
    if module.room not in BELOW:
        yield module.tree, f"the room {module.room!r} has no place in the diagram"
        return
    allowed = all_below(module.room)
    for node, name in _imports(module):
        parts = name.split(".")
        if parts[0] == PACKAGE and len(parts) > 1 and parts[1] not in allowed and parts[1] in BELOW:
            yield node, f"{module.room} imports {parts[1]}, which isn't below it"
        elif name == PACKAGE and module.room not in ("__init__", "testing"):
            yield node, "imports the package's front; import the room"


def _imports(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Give every import, wherever it stands, as a full dotted name."""
    package = [module.package, *Path(module.path).parent.parts]
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            near = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*near, *([node.module] if node.module else [])])
            if base == PACKAGE:
                yield from ((node, _room_or_front(alias.name)) for alias in node.names)
            else:
                yield node, base
        elif isinstance(node, ast.Call) and _dotted(node.func).rpartition(".")[2] in IMPORTERS and node.args:
            yield node, _start_of_text(node.args[0])


IMPORTERS = ("import_module", "__import__")


def _room_or_front(name: str) -> str:
    return f"{PACKAGE}.{name}" if name in BELOW else PACKAGE


def _start_of_text(node: ast.expr) -> str:
    """Give a string's text, or an f-string's up to the first thing put in; else nothing."""
    if isinstance(node, ast.JoinedStr) and node.values:
        return _start_of_text(node.values[0])
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def few_places_commit(module: Module) -> Iterator[Breach]:
    if not module.stands_in(COMMITTING):
        for node in module.nodes:
            if isinstance(node, ast.Call) and _dotted(node.func).endswith(".commit"):
                yield node, "commits"


def few_places_await(module: Module) -> Iterator[Breach]:
    if not module.stands_in(AWAITING):
        for node in module.nodes:
            asynchronous = isinstance(node, ast.comprehension) and node.is_async
            if asynchronous or isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
                yield node, "awaits"


def dialects_name_databases(module: Module) -> Iterator[Breach]:
    if not module.stands_in(NAMING_DATABASES):
        documentation = _bare_strings(module)
        for node in module.nodes:
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)):
                continue
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            if id(node) not in documentation and (found := DATABASE_NAMES.search(text)):
                yield node, f"names a database: {found[0]}"


def _bare_strings(module: Module) -> set[int]:
    """Give the strings that stand as statements: docstrings, of attributes too."""
    return {id(node.value) for node in module.nodes if isinstance(node, ast.Expr)}


def errors_define_exceptions(module: Module) -> Iterator[Breach]:
    if not module.stands_in(DEFINING_EXCEPTIONS):
        for node in module.nodes:
            if isinstance(node, ast.ClassDef) and any(_is_exception(_dotted(base)) for base in node.bases):
                yield node, f"defines the exception {node.name}"


def _is_exception(dotted: str) -> bool:
    name = dotted.rpartition(".")[2]
    built_in = getattr(builtins, name, None)
    known = isinstance(built_in, type) and issubclass(built_in, BaseException)
    return known or name.endswith(("Error", "Exception", "Warning"))


def settings_read_the_environment(module: Module) -> Iterator[Breach]:
    if not module.stands_in(READING_THE_ENVIRONMENT):
        for node in module.nodes:
            names = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
            reads = isinstance(node, ast.Attribute) and _dotted(node) in ("os.environ", "os.getenv")
            if reads or names & {"environ", "getenv"}:
                yield node, "reads the environment"


def commands_print_and_exit(module: Module) -> Iterator[Breach]:
    if not module.stands_in(SPEAKING):
        for node in module.nodes:
            if isinstance(node, ast.Call) and _dotted(node.func) in TALK:
                yield node, f"calls {_dotted(node.func)}"
            elif isinstance(node, ast.Name) and node.id == "SystemExit":
                yield node, "exits"


TALK = ("print", "input", "exit", "quit", "sys.exit", "os._exit")


def commands_import_the_terminal(module: Module) -> Iterator[Breach]:
    if not module.stands_in(SPEAKING):
        for node, name in _imports(module):
            if name.split(".")[0] in ("typer", "rich"):
                yield node, f"imports {name}"


def _dotted(node: ast.expr) -> str:
    """Give `a.b.c` for a name or an attribute; for anything else before the dots, nothing."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Subscript):
        return _dotted(node.value)
    return node.id if isinstance(node, ast.Name) else ""


RULES: tuple[Rule, ...] = (
    imports_go_down,
    few_places_commit,
    few_places_await,
    dialects_name_databases,
    errors_define_exceptions,
    settings_read_the_environment,
    commands_print_and_exit,
    commands_import_the_terminal,
)
