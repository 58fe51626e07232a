"""Lint as a stage of a migration, and of its plan: by the rows that are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from colonnade.errors import MigrationError
from colonnade.migrations.lint.facts import Facts
from colonnade.migrations.lint.rule import Operation
from colonnade.migrations.lint.running import known_rules, lint, lint_operations
from colonnade.migrations.plan import Finding
from colonnade.migrations.reading import look

if TYPE_CHECKING:
    from colonnade.engine.home import Home
    from colonnade.migrations.options import MigrationOptions
    from colonnade.migrations.tree import Direction, Tree

__all__ = ["each_of", "kind_of", "lint_of", "lint_offline", "lint_unwritten", "lint_with_rows"]


def lint_with_rows(
    tree: Tree, home: Home, revisions: Sequence[str], direction: Direction, options: MigrationOptions
) -> list[Finding]:
    """Give what the rules find in these revisions, with counts of the database's rows; it's only read."""
    chosen = known_rules(options.lint_rules)
    with home.connection("deferred") as connection:
        kind = kind_of(connection.dialect.name)
        return lint(tree, revisions, kind, direction=direction, facts=Facts(connection), chosen=chosen)


def lint_offline(
    tree: Tree, revisions: Sequence[str], database: str, direction: Direction, options: MigrationOptions
) -> list[Finding]:
    """Give what the rules find without a database, for one of this kind."""
    kind = kind_of(database)
    return lint(tree, revisions, kind, direction=direction, chosen=known_rules(options.lint_rules))


def lint_of(
    tree: Tree,
    home: Home,
    revisions: str | None,
    direction: Direction,
    database: str | None,
    options: MigrationOptions,
) -> list[Finding]:
    """Give what the rules find in the revisions that are named; see `AlembicManager.lint`."""
    every = [revision.id for revision in tree.revisions()]
    if database is not None:
        names = every if revisions in (None, "all") else _named(tree, str(revisions), direction, ())
        return lint_offline(tree, names, database, direction, options)
    if revisions == "all":
        return lint_with_rows(tree, home, every, direction, options)
    heads = look(tree, home).heads
    target = revisions or ("heads" if direction == "upgrade" else "-1")
    return lint_with_rows(tree, home, _named(tree, target, direction, heads), direction, options)


def lint_unwritten(
    tree: Tree, home: Home, operations: Iterable[Any], options: MigrationOptions
) -> list[Finding]:
    """Give what the rules find in Alembic's operations, as `check` gives them, by the rows that are there."""
    chosen = known_rules(options.lint_rules)
    with home.connection("deferred") as connection:
        kind = kind_of(connection.dialect.name)
        return lint_operations(tree, list(each_of(operations)), kind, Facts(connection), chosen)


def each_of(operations: Iterable[Any], batch: bool = False) -> Iterator[Operation]:
    """Give Alembic's operations each by itself, as rules look at them."""
    for each in operations:
        if hasattr(each, "ops"):
            yield from each_of(each.ops, batch=True)  # as it's written in a revision
        else:
            yield Operation(type(each).__name__.removesuffix("Op"), each, batch=batch)


def _named(tree: Tree, target: str, direction: Direction, heads: Sequence[str]) -> list[str]:
    start, given, end = target.partition(":")
    if given:
        heads, target = ((start,) if start and start != "base" else ()), end or "heads"
    elif direction == "downgrade" and not heads:
        heads = tree.heads
    return [step.revision.revision for step in tree.steps(direction, target, heads)]


def kind_of(name: str) -> str:
    """Give the name by which rules know a database; MariaDB goes by MySQL's.

    Raises:
        MigrationError: there are no rules for it.
    """
    known = {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
    if name not in known:
        raise MigrationError(f"there are no rules for {name!r}", remedy=f"Name one of {', '.join(known)}")
    return known[name]
