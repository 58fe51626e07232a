"""`lint`: what the rules find in revisions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from colonnade.cli.database import Place, opened
from colonnade.cli.db.results import exit_code_of, show_findings
from colonnade.cli.options import AsJson, Where
from colonnade.cli.output import note, say, show_json
from colonnade.cli.reporting import ExitCode

if TYPE_CHECKING:
    from colonnade.migrations import Finding

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def lint(
    where: Where,
    revisions: Annotated[
        str | None,
        typer.Argument(
            help="A target, a range `a1:b2`, or `all`; by default what is pending.", show_default=False
        ),
    ] = None,
    down: Annotated[bool, typer.Option("--down", help="Look at the downgrades.")] = False,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            help="Open none, and look at all revisions as for sqlite, postgresql, mysql or mariadb.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        Literal["text", "github"], typer.Option("--format", help="`github` writes annotations for its CI.")
    ] = "text",
    known: Annotated[bool, typer.Option("--list", help="List the rules, and look at nothing.")] = False,
    new: Annotated[
        str | None, typer.Option("--new", help="Write a new rule of this name to the folder of yours.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what revisions will do, by rules, before anything is sent.

    The exit code is 3 where something was found that is more than good to know. A comment in a revision lets
    one pass: `# lint: allow RULE -- why`.
    """
    if new is not None:
        _write_rule(where, new)
        return
    if known:
        _list_rules(where, as_json)
        return
    direction: Literal["upgrade", "downgrade"] = "downgrade" if down else "upgrade"
    with opened(where, "tree" if database else "read") as manager:
        found = manager.lint(revisions, direction=direction, database=database)
    if as_json:
        show_json(found)
    elif form == "github":
        _annotate(found)
    elif found:
        show_findings(found)
    else:
        say(("nothing was found", "green"))
    raise typer.Exit(exit_code_of(found))


def _annotate(found: Iterable[Finding]) -> None:
    """Print what GitHub shows beside the lines of the files."""
    here = Path.cwd()
    for each in found:
        file = Path(each.file)
        place = file.relative_to(here) if file.is_relative_to(here) else file
        text = f"{each.message}. {each.remedy}".replace("%", "%25").replace("\n", "%0A")
        typer.echo(f"::{_LEVELS[each.severity]} file={place},line={each.line or 1},title={each.rule}::{text}")


def _list_rules(where: Where, as_json: bool) -> None:
    from colonnade.migrations.lint import known_rules
    from colonnade.migrations.options import MigrationOptions

    options = MigrationOptions(**Place.of(where).configuration.options)
    found = known_rules(options.lint_rules)
    if as_json:
        names = ("name", "severity", "databases", "happens", "why", "rewrite")
        show_json([{name: getattr(rule, name) for name in names} for rule in found])
        return
    for rule in found:
        say((rule.name, "bold"), f"  {rule.severity}, {', '.join(rule.databases)}: {rule.happens}")


def _write_rule(where: Where, name: str) -> None:
    from colonnade.migrations.lint.creating import write_rule
    from colonnade.migrations.options import MigrationOptions

    options = MigrationOptions(**Place.of(where).configuration.options)
    if options.lint_rules is None:
        note('Name the folder for it: lint_rules = "lint" under [tool.colonnade]')
        raise typer.Exit(ExitCode.USAGE)
    say(f"wrote {write_rule(options.lint_rules, name)}")
