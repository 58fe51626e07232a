"""`check`: whether the database has what the models have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import typer

from colonnade.cli.database import opened
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json
from colonnade.cli.reporting import ExitCode


def check(where: Where, as_json: AsJson = False) -> None:
    """Compare the database with the models.

    The exit code is 3 where a new revision would have something to do.
    """
    with opened(where, "read", models=True) as manager:
        found = [_row(each) for each in _flat(manager.check())]
    if as_json:
        show_json(found)
    elif found:
        say(("a new revision would have this to do:", "yellow"))
        for row in found:
            say(f"  {row['code']}")
    else:
        say(("the database and the models agree", "green"))
    raise typer.Exit(ExitCode.FINDINGS if found else ExitCode.FINE)


def _flat(operations: Iterable[Any]) -> Iterator[Any]:
    """Give the operations on tables each by itself."""
    for operation in operations:
        if hasattr(operation, "ops"):
            yield from _flat(operation.ops)
        else:
            yield operation


def _row(operation: Any) -> dict[str, str]:
    from alembic.autogenerate import render_python_code
    from alembic.operations.ops import UpgradeOps

    code = render_python_code(UpgradeOps(ops=[operation]))
    lines = (line for line in code.splitlines() if not line.lstrip().startswith("#"))
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(operation).__name__.removesuffix("Op")).lower()
    return {
        "operation": kind,
        "table": str(getattr(operation, "table_name", "") or getattr(operation, "source_table", "") or ""),
        "code": " ".join(" ".join(lines).split()),
    }
