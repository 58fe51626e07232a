"""New revisions' files: empty, filled from the models, or joining heads; and how the models differ."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import RevisionContext, produce_migrations
from alembic.script import Script
from sqlalchemy import MetaData

from colonnade.errors import MigrationError
from colonnade.migrations import checks as _checks  # their comparisons register themselves
from colonnade.migrations.catalogue import without_own_tables
from colonnade.migrations.clauses import UNCOMPARED
from colonnade.migrations.environment import Visit, visit_environment
from colonnade.migrations.reading import opened
from colonnade.migrations.renames import candidates, rename
from colonnade.migrations.tree import Revision, alembic_errors

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from colonnade.engine.home import Home
    from colonnade.migrations.tree import Tree

__all__ = ["differences", "merge", "revision"]

assert _checks

Models = MetaData | Sequence[MetaData] | None


def revision(tree: Tree, home: Home, models: Models, wish: Mapping[str, Any]) -> Revision:
    """Write a revision's file by Alembic's own means, and give it.

    Raises:
        MigrationError: to be filled from the models, and the database isn't at the head, or there are none;
            or something may have been renamed, and nobody has said so.
    """
    wish = dict(wish)
    renames, settled = wish.pop("renames", ()), wish.pop("no_renames", False)
    arguments = {"sql": False, "version_path": None, **wish}
    config = tree.configuration()
    script = tree.script_of(config)
    context = RevisionContext(config, script, arguments)

    def fill(heads: tuple[str, ...], told: MigrationContext) -> None:
        _fill(context, tree, heads, told)
        for script in context.generated_revisions:
            found = candidates(script, told.dialect)
            rename(script, renames, found, settled=settled)

    visit = _Compare(models, fill)
    if arguments["autogenerate"]:
        with opened(home, "deferred") as target:
            visit_environment(
                tree, visit, target, template_args=context.template_args, revision_context=context
            )
    with alembic_errors():
        (written,) = [each for each in context.generate_scripts() if isinstance(each, Script)]
    tree.reread()
    return tree.revision(written.revision)


def merge(tree: Tree, message: str, revisions: Sequence[str]) -> Revision:
    """Write a revision that joins heads, and give it.

    Raises:
        MigrationError: there's nothing to join.
    """
    if tuple(revisions) == ("heads",) and len(tree.heads) < 2:
        raise MigrationError(f"there's one head only, {', '.join(tree.heads) or 'base'}: nothing to merge")
    with alembic_errors():
        written: Any = command.merge(tree.configuration(), list(revisions), message=message)
    tree.reread()
    return tree.revision(written.revision)


def differences(tree: Tree, home: Home, models: Models) -> list[Any]:
    """Give the operations that would bring the database to the models.

    Raises:
        MigrationError: the database isn't at the head, or there are no models.
    """
    found: list[Any] = []

    def compare(heads: tuple[str, ...], context: MigrationContext) -> None:
        _refuse_elsewhere(tree, heads)
        operations = produce_migrations(context, context.opts["target_metadata"]).upgrade_ops
        found.extend(operations.ops if operations else ())

    with opened(home, "deferred") as target:
        visit_environment(tree, _Compare(models, compare), target)
    return found


@dataclass
class _Compare(Visit):
    """The visit that compares the models with the database."""

    models: Models
    compare: Callable[[tuple[str, ...], MigrationContext], object]

    def options(self, connection: Connection, given: Mapping[str, Any]) -> Mapping[str, Any]:
        metadata = given.get("target_metadata")
        metadata = self.models if metadata is None else metadata
        _refuse_nothing(metadata)
        return {
            "target_metadata": metadata,
            "dont_mutate": True,
            "include_object": without_own_tables(given.get("include_object")),
        }

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterable[Any]:
        with warnings.catch_warnings():
            for each in UNCOMPARED:
                warnings.filterwarnings("ignore", each)
            self.compare(heads, context)
        return ()


def _fill(context: RevisionContext, tree: Tree, heads: tuple[str, ...], told: MigrationContext) -> None:
    _refuse_elsewhere(tree, heads)
    context.run_autogenerate(heads, told)


def _refuse_elsewhere(tree: Tree, heads: tuple[str, ...]) -> None:
    if set(heads) != set(tree.heads):
        raise MigrationError(
            f"the database is at {', '.join(heads) or 'base'}, and the tree's head is"
            f" {', '.join(tree.heads) or 'base'}: they can't be compared",
            remedy="Upgrade the database first",
        )


def _refuse_nothing(metadata: Models) -> None:
    several = (metadata,) if isinstance(metadata, MetaData) else tuple(metadata or ())
    if not any(each.tables for each in several):
        raise MigrationError(
            "env.py knows no tables: comparing with nothing would drop everything",
            remedy="Give target_metadata=…, and import the modules that define the models before that",
        )
