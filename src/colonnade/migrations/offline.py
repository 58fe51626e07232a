"""A migration as a script: what its steps send, written down, with the database left alone."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic import command

from colonnade.dialects.contract import dialect_named
from colonnade.dialects.cursors import driver_of
from colonnade.engine.home import Home
from colonnade.errors import MigrationError
from colonnade.migrations.apply import Leg, Progress, apply
from colonnade.migrations.environment import STAGE
from colonnade.migrations.reading import opened
from colonnade.migrations.scratch import scratch_database
from colonnade.migrations.tree import alembic_errors
from colonnade.migrations.version import SchemaVersion
from colonnade.settings import DatabaseSettings

if TYPE_CHECKING:
    from colonnade.dialects.contract import Dialect
    from colonnade.migrations.tree import Direction, Tree

__all__ = ["script"]

_OWN = re.compile(rf'(insert into|update|delete from) "?{SchemaVersion.__tablename__}\b', re.IGNORECASE)
_COMMANDS = {"upgrade": command.upgrade, "downgrade": command.downgrade}


def script(tree: Tree, settings: DatabaseSettings, direction: Direction, target: str) -> str:
    """Give the statements for the settings' kind of database, as `alembic … --sql` gives them.

    `target` may be a range (`a1:b2`); a downgrade's has to be one. Colonnade's own table isn't in it. Where
    the database is embedded the steps are carried out on an empty one for it, and so a table can be rebuilt;
    what a revision would write from rows that it reads can't be in a script.

    Raises:
        MigrationError: there's no such way, or a step has to look at the database first.
    """
    dialect = dialect_named(settings.sqlalchemy_url().get_backend_name())
    if dialect.runner.EMBEDDED:
        return _by_trial(tree, settings, direction, target, dialect)
    config, written = tree.configuration(), io.StringIO()
    config.output_buffer = written
    config.attributes[STAGE] = "script"
    url = settings.sqlalchemy_url().render_as_string()
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    with alembic_errors():
        _COMMANDS[direction](config, target, sql=True)
    return written.getvalue()


def _by_trial(
    tree: Tree, settings: DatabaseSettings, direction: Direction, target: str, dialect: Dialect
) -> str:
    start, given, end = target.partition(":")
    if not given:
        start, end = "base", target
        if direction == "downgrade":
            raise MigrationError(
                "a script can't ask the database where it is", remedy=f"Give the range: `<from>:{target}`"
            )
    original = Home(settings, "sync", None)
    with scratch_database(DatabaseSettings(dialect.scripts.EMPTY)) as empty:
        trial = Home(empty, "sync", None)
        try:
            if start != "base":
                with opened(trial, instead_of=original) as there:
                    apply(tree, there, [Leg("upgrade", start)], stage="script")
            with (
                opened(trial, instead_of=original) as there,
                dialect.scripts.traced(driver_of(there.connection)) as sent,
            ):
                apply(tree, there, [Leg(direction, end)], stage="script", progress=_heading(sent))
        finally:
            trial.dispose()
            original.dispose()
    return _written(dialect, sent)


def _heading(sent: list[str]) -> Progress:
    def step(what: str, done: int, total: int) -> None:
        sent.append(f"-- Running {what}")

    return step


def _written(dialect: Dialect, sent: Sequence[str]) -> str:
    """Give the script: one transaction, without what is sent to Colonnade's own table."""
    lines = [
        f"\n{each}\n" if each.startswith("--") else f"{each.rstrip(' ;')};\n"
        for each in (*dialect.scripts.BEGIN, *sent, *dialect.scripts.END)
        if not _OWN.match(each)
    ]
    return "\n".join(lines)
