"""`check`: whether the database has what the models have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

from colonnade.cli.database import opened
from colonnade.cli.db.results import show_findings
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import say, show_json
from colonnade.cli.reporting import ExitCode

if TYPE_CHECKING:
    from colonnade.migrations import Finding
    from colonnade.migrations.lint import Operation


def check(where: Where, as_json: AsJson = False) -> None:
    """Compare the database with the models, and tell what the rules say of what differs.

    The exit code is 3 where a new revision would have something to do.
    """
    from colonnade.migrations.lint.staging import each_of

    with opened(where, "read", models=True) as manager:
        differences = manager.check()
        findings = manager.lint(operations=differences) if differences else []
        found = [_row(each, findings) for each in each_of(differences)]
    if as_json:
        show_json(found)
    elif found:
        say(("a new revision would have this to do:", "yellow"))
        for row in found:
            say(f"  {row['code']}")
        show_findings(findings)
    else:
        say(("the database and the models agree", "green"))
    raise typer.Exit(ExitCode.FINDINGS if found else ExitCode.FINE)


def _row(operation: Operation, findings: Iterable[Finding]) -> dict[str, Any]:
    from alembic.autogenerate import render_python_code
    from alembic.operations.ops import UpgradeOps

    code = render_python_code(UpgradeOps(ops=[operation.given]))
    lines = (line for line in code.splitlines() if not line.lstrip().startswith("#"))
    kind, table = operation.kind, operation.table
    return {
        "operation": re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower(),
        "table": table,
        "code": " ".join(" ".join(lines).split()),
        "findings": [each.to_json() for each in findings if (each.operation, each.table) == (kind, table)],
    }
