"""How plans and what came of them are shown: shared by the commands that make some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from colonnade.cli.output import note, say
from colonnade.cli.reporting import ExitCode

if TYPE_CHECKING:
    from colonnade.migrations import Finding, Migration, Plan
    from colonnade.migrations.plan import PlannedStep

__all__ = ["exit_code_of", "show_findings", "show_migration", "show_plan"]

_STYLES = {"error": "bold red", "warning": "yellow", "info": "blue"}
_SIGNS = {"new": ("+", "green"), "gone": ("-", "red"), "changed": ("~", "yellow")}


def exit_code_of(findings: Iterable[Finding]) -> ExitCode:
    """Give what findings that nobody acts upon end with; what is merely told counts for nothing."""
    rules = {finding.rule for finding in findings if finding.severity != "info"}
    if "drift" in rules:
        return ExitCode.DRIFT
    return ExitCode.FINDINGS if rules else ExitCode.FINE


def show_plan(plan: Plan) -> None:
    """Print the steps with their statements and what they change, and the findings."""
    if not plan:
        say(f"nothing to do: the database is at {_heads(plan.before)}")
        show_findings(plan.findings)
        return
    to = f" to {_heads(plan.after)}" if plan.known else ""
    say((plan.direction, "bold"), f" from {_heads(plan.before)}{to}, {_steps(len(plan.steps))}")
    if not plan.known:
        say("what they do isn't known: they couldn't be tried on an empty database")
    for step in plan.steps:
        _show_step(step)
    show_findings(plan.findings)


def show_findings(findings: Iterable[Finding]) -> None:
    """Print a line for each finding, with what to do about it."""
    for finding in findings:
        place = f" {finding.revision}:" if finding.revision else ""
        severity = (f"{finding.severity}[{finding.rule}]", _STYLES[finding.severity])
        remedy = (f" ({finding.remedy})", "dim") if finding.remedy else ""
        say(severity, f"{place} {finding.message}", remedy)


def show_migration(migration: Migration) -> None:
    """Print where the database is now, or would be; what was left out is told on standard error."""
    if migration.recovered:
        note((migration.recovered, "yellow"))
    for each in migration.skipped:
        note(("left out: ", "yellow"), each)
    plan = migration.plan
    if not plan:
        say(f"nothing to do: the database is at {_heads(plan.before)}")
    elif migration.applied:
        say(("done: ", "green"), *_reached(plan, "the database is at "))
    else:
        say(*_reached(plan, "the database would be at "), "; nothing was changed")
    show_findings(plan.findings)


def _reached(plan: Plan, at: str) -> tuple[str | tuple[str, str], ...]:
    if plan.known:
        return at, (_heads(plan.after), "bold"), f", {_steps(len(plan.steps))}"
    return (f"{plan.direction} by {_steps(len(plan.steps))}",)


def _show_step(step: PlannedStep) -> None:
    took = f"  {step.seconds:.2f} s" if step.seconds is not None else ""
    say("")
    say((step.revision.id, "cyan"), f"  {step.revision.message}", (took, "dim"))
    for statement in step.statements:
        say((f"    {' '.join(statement.split())}", "dim"))
    for change in step.difference.changes:
        sign, style = _SIGNS[change.what]
        say((f"  {sign} {change.sentence}", style))


def _heads(heads: Iterable[str]) -> str:
    return ", ".join(heads) or "base"


def _steps(count: int) -> str:
    return f"{count} step" if count == 1 else f"{count} steps"
