"""`python -m colonnade.starting.first PROJECT`: write a project's first revision from its models, and try it.

On the standard input stands, in JSON, the URL of the database that the models were read from, and the path
that modules are imported from. What the revision doesn't make is written as a list in JSON.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

from colonnade.dialects.contract import dialect_named
from colonnade.migrations import AlembicManager, MigrationOptions
from colonnade.migrations.catalogue import take_inventory
from colonnade.migrations.inventory import compare
from colonnade.migrations.squashing import from_models, made_by

__all__: list[str] = []


def main(project: Path, url: str) -> list[str]:
    """Write the revision, and give what it doesn't make."""
    options = MigrationOptions()
    manager = AlembicManager(url, script_location=project / "migrations")
    home = manager.db.home
    written = from_models(manager.tree, home, None, "begin", "begin", options)
    _add_views(manager, written)
    manager.tree.reread()
    made = made_by(manager.tree, home, options)
    with home.connection("deferred") as connection:
        there = take_inventory(connection)
    changes = compare(there, made.inventory).changes
    return [each.sentence for each in changes if each.clause != "column order"]


def _add_views(manager: AlembicManager, file: Path) -> None:
    """Let the revision make the database's views, in their order, and take them away first.

    As statements: no model has them, and what `op.create_view` makes belongs to one.
    """
    with manager.db.home.connection("deferred") as connection:
        views = dialect_named(connection.dialect.name).wanted.views(connection)
        quote = connection.dialect.identifier_preparer.quote
    named = {
        f"{'MATERIALIZED ' if view.materialized else ''}VIEW {quote(name)}": view
        for name, view in views.items()
    }
    if not named:
        return
    made = "".join(
        f"    op.execute({_text(f'CREATE {name} AS {view.text}')})\n" for name, view in named.items()
    )
    gone = "".join(f"    op.execute({_text(f'DROP {name}')})\n" for name in reversed(named))
    up, down, rest = file.read_text(encoding="utf-8").partition("\n\ndef downgrade(")
    head, documented, body = rest.partition('down."""\n')
    file.write_text(f"{up.rstrip()}\n{made}\n{down}{head}{documented}{gone}{body}", encoding="utf-8")


def _text(statement: str) -> str:
    return repr(statement.replace(":", r"\:"))


if __name__ == "__main__":
    given = json.load(sys.stdin)
    sys.path[:] = given["path"]
    with redirect_stdout(sys.stderr):
        found = main(Path(sys.argv[1]), given["url"])
    sys.stdout.write(f"{json.dumps(found)}\n")
