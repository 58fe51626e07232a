"""A migration as a script: what its steps send, written down, with no database opened."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from alembic import command

from colonnade.migrations.environment import STAGE
from colonnade.migrations.tree import alembic_errors

if TYPE_CHECKING:
    from colonnade.migrations.tree import Direction, Tree
    from colonnade.settings import DatabaseSettings

__all__ = ["script"]

_COMMANDS = {"upgrade": command.upgrade, "downgrade": command.downgrade}


def script(tree: Tree, settings: DatabaseSettings, direction: Direction, target: str) -> str:
    """Give the statements for the settings' kind of database, as `alembic … --sql` gives them.

    `target` may be a range (`a1:b2`); a downgrade's has to be one. Colonnade's own table isn't in it.

    Raises:
        MigrationError: there's no such way, or a step has to look at the database first.
    """
    config, written = tree.configuration(), io.StringIO()
    config.output_buffer = written
    config.attributes[STAGE] = "script"
    url = settings.sqlalchemy_url().render_as_string()
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    with alembic_errors():
        _COMMANDS[direction](config, target, sql=True)
    return written.getvalue()
