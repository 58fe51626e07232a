"""What a tree and a database say of each other without either being changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData

from colonnade.dialects.contract import BEGIN_OPTION, BeginMode
from colonnade.engine import translate
from colonnade.engine.observe import WAY_OPTION
from colonnade.migrations.environment import Visit, visit_environment
from colonnade.migrations.record import VersionTable
from colonnade.migrations.redirect import Target

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from colonnade.engine.home import Home
    from colonnade.migrations.tree import Tree

__all__ = ["Seen", "look", "opened"]


@dataclass
class Seen:
    """What a look at a database through its tree's `env.py` gave."""

    heads: tuple[str, ...] = ()
    version_table: VersionTable = field(default_factory=VersionTable)
    metadata: tuple[MetaData, ...] = ()


@contextmanager
def opened(home: Home, mode: BeginMode = "write", *, instead_of: Home | None = None) -> Iterator[Target]:
    """Give the database as a target, with a connection that begins its transactions in this mode."""
    with translate.translated(None), home.engine.connect() as connection:
        connection.execution_options(**{BEGIN_OPTION: mode, WAY_OPTION: "core"})
        yield Target(home, connection, instead_of)


def look(tree: Tree, home: Home, ask: Callable[[MigrationContext], object] = lambda context: None) -> Seen:
    """Give where the database is; `ask` may ask more of it, as long as it only reads.

    Raises:
        MigrationError: `env.py` doesn't come to this database.
    """
    visit = _Look(ask)
    with opened(home, "deferred") as target:
        visit_environment(tree, visit, target)
    return visit.seen


@dataclass
class _Look(Visit):
    ask: Callable[[MigrationContext], object]
    seen: Seen = field(default_factory=Seen)

    def options(self, connection: Connection, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"dont_mutate": True}

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterable[Any]:
        metadata = context.opts.get("target_metadata")
        several = (metadata,) if isinstance(metadata, MetaData) else tuple(metadata or ())
        self.seen = Seen(tuple(sorted(heads)), VersionTable.of(context), several)
        self.ask(context)
        return ()
