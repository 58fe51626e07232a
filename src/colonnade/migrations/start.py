"""What `initialize` does where there is a migration tree: upgrade, refuse to start, or nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from colonnade.errors import HalfMigratedError, SchemaMismatchError
from colonnade.migrations.migration import Wish
from colonnade.migrations.moving import move
from colonnade.migrations.options import MigrationOptions
from colonnade.migrations.recovery import look_back
from colonnade.migrations.tree import Tree

if TYPE_CHECKING:
    from colonnade.engine.home import Home
    from colonnade.engine.startup import OnStart

__all__ = ["start"]

_logger = logging.getLogger("colonnade.migrations")


def start(home: Home, script_location: str, on_start: OnStart | None) -> None:
    """Follow the policy; by default a SQLite file is upgraded, and any other database checked.

    By `upgrade` a migration whose process ended without a word is gone on with; one that failed isn't.

    Raises:
        SchemaMismatchError: by `check`, the database isn't at the tree's head.
        HalfMigratedError: an interrupted migration has left the database between two steps.
        MigrationError: by `upgrade`, what an upgrade raises.
    """
    tree = Tree(script_location)
    policy = on_start or ("upgrade" if home.dialect.runner.EMBEDDED else "check")
    if policy == "ignore":
        return
    seen, left = look_back(tree, home)
    half = None if left is None else left.half
    if left is not None and half is not None and (policy == "check" or left.run.state != "running"):
        raise HalfMigratedError(str(half))
    at_heads = half is None and set(seen.heads) == set(tree.heads)
    if policy == "upgrade" and not at_heads:
        migration = move(tree, home, Wish("upgrade", "heads"), MigrationOptions(), _logged)
        _logger.info("%s", migration)
    elif not at_heads:
        raise SchemaMismatchError(
            f"the database is at {', '.join(seen.heads) or 'base'}, and this program needs"
            f" {', '.join(tree.heads) or 'base'}",
            remedy="`colonnade db upgrade` brings it there; `colonnade db plan` tells first what that does",
        )


def _logged(stage: str, what: str, done: int, total: int) -> None:
    _logger.info("%s: %s", stage, what)
