"""Looking at revisions by all rules, and what a revision lets pass by name."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from colonnade.errors import ConfigurationError
from colonnade.migrations.lint.reading import read_revisions
from colonnade.migrations.lint.rule import Hit, Operation, Rule, Step
from colonnade.migrations.plan import Finding, Severity
from colonnade.migrations.tree import Revision

if TYPE_CHECKING:
    from colonnade.migrations.lint.facts import Facts
    from colonnade.migrations.tree import Direction, Tree

__all__ = ["LARGE", "known_rules", "lint", "lint_operations"]

LARGE = 100_000
"""Rows from which on a table is large: below it, what locks or rewrites it is merely told."""

_ALLOWED = re.compile(
    r"#\s*lint:\s*allow\s+(?P<names>[\w-]+(?:\s*,\s*[\w-]+)*)\s*(?:--|—|:)\s*(?P<reason>\S.*)"
)


@cache
def _own_rules() -> tuple[Rule, ...]:
    folder = importlib.import_module(f"{__package__}.rules")
    modules = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    return tuple(importlib.import_module(f"{folder.__name__}.{name}").RULE for name in modules)


def known_rules(folder: Path | None = None) -> tuple[Rule, ...]:
    """Give all rules by their names' order: Colonnade's, and those of a folder of the user's.

    Raises:
        ConfigurationError: a file of the folder has no `RULE`, or there are two of one name.
    """
    found = (
        [*_own_rules(), *(_rule_of(file) for file in sorted(folder.glob("[!_]*.py")))]
        if folder
        else [*_own_rules()]
    )
    names = [rule.name for rule in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigurationError(f"two rules are called {twice!r}", remedy="Name yours otherwise")
    return tuple(sorted(found, key=lambda rule: rule.name))


def _rule_of(file: Path) -> Rule:
    spec = importlib.util.spec_from_file_location(f"colonnade_lint_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rule = getattr(module, "RULE", None)
    if not isinstance(rule, Rule):
        raise ConfigurationError(f"{file} has no RULE", remedy="`colonnade db lint --new NAME` writes one")
    return rule


def lint(
    tree: Tree,
    revisions: Sequence[str],
    database: str,
    *,
    direction: Direction = "upgrade",
    facts: Facts | None = None,
    chosen: Sequence[Rule] | None = None,
) -> list[Finding]:
    """Give what the rules find in these revisions, in the order in which they would be carried out.

    The revisions below them are read as well, for the keys that they made. With `facts` rows are counted.
    """
    chosen = known_rules() if chosen is None else chosen
    holding = [
        rule for rule in chosen if database in rule.databases and (direction == "upgrade" or rule.down)
    ]
    looked_at = frozenset(revisions)
    below = [each.id for each in tree.revisions()]
    order = below if direction == "upgrade" else [*reversed(below)]
    found: list[Finding] = []
    before: list[Operation] = []
    if direction == "downgrade":
        for _, operations, _ in read_revisions(tree, below, database, "upgrade"):
            before += operations
    last = max((order.index(name) for name in looked_at if name in order), default=-1)
    for module, operations, unread in read_revisions(tree, order[: last + 1], database, direction):
        if module.revision in looked_at:
            source = Path(module.path).read_text(encoding="utf-8")
            revision = tree.revision(module.revision)
            step = Step(revision, direction, database, operations, source, tuple(before), facts)
            allowed = _allowed_in(source)
            if unread:
                message = f"what comes after its operation {len(operations)} couldn't be read: {unread}"
                found.append(Finding("unread", "info", message, revision=module.revision))
            found += [_finding(rule, hit, step, allowed) for rule in holding for hit in rule.find(step)]
        before += operations
    return found


def lint_operations(
    tree: Tree, asked: Sequence[Operation], database: str, facts: Facts, chosen: Sequence[Rule]
) -> list[Finding]:
    """Give what the rules find in operations that no revision has yet, after all that the tree has."""
    before: list[Operation] = []
    for _, operations, _ in read_revisions(tree, [each.id for each in tree.revisions()], database, "upgrade"):
        before += operations
    unwritten = Revision("", "", tree.heads, (), (), Path(), is_head=True)
    step = Step(unwritten, "upgrade", database, tuple(asked), "", tuple(before), facts)
    holding = [rule for rule in chosen if database in rule.databases]
    # What a file says of itself can't be known before it's written.
    return [_finding(rule, hit, step, {}) for rule in holding for hit in rule.find(step) if hit.operation]


def _finding(
    rule: Rule, hit: Hit, step: Step, allowed: Mapping[str, Sequence[tuple[int, int, str]]]
) -> Finding:
    table = hit.operation.table if hit.operation else ""
    line = hit.operation.line if hit.operation else 0
    count = hit.count if hit.count is not None else (step.rows(table) if table else None)
    reason = _reason(allowed.get(rule.name, ()), line)
    severity: Severity = "error" if hit.certain else rule.severity
    if severity == "warning" and rule.weighs and step.facts is not None and (count or 0) < LARGE:
        severity = "info"
    rows = f" ({count:,} rows)" if count is not None else ""
    message, remedy = f"{hit.message}{rows}: {rule.happens}", rule.rewrite
    if reason:
        severity, message, remedy = "info", f"{hit.message}{rows}, which is allowed: {reason}", ""
    return Finding(
        rule.name,
        severity,
        message,
        revision=step.revision.id,
        table=table,
        count=count,
        remedy=remedy,
        name=f"{rule.name} in {step.revision.id}" if severity == "error" and step.revision.id else "",
        operation=hit.operation.kind if hit.operation else "",
        why=rule.why,
        line=line,
        file=str(step.revision.file) if step.revision.id else "",
        allowed=reason,
    )


def _allowed_in(source: str) -> dict[str, list[tuple[int, int, str]]]:
    """Give what comments let pass: for each rule the first and last line, and the reason.

    A comment holds for the statement that it stands in, at the end of, or above; at the top of the file,
    before any code, for all of it.
    """
    found: dict[str, list[tuple[int, int, str]]] = {}
    if "lint:" not in source:
        return found
    spans = sorted(_statements(source), key=lambda span: span[1] - span[0])
    for number, text in enumerate(source.splitlines(), 1):
        if comment := _ALLOWED.search(text):
            alone = text.lstrip().startswith("#")
            wanted = number + 1 if alone else number
            first, last = next(((a, b) for a, b in spans if a <= wanted <= b), (1, 10**9))
            if alone and not any(a <= number for a, _ in spans):
                first, last = 1, 10**9
            for name in comment["names"].split(","):
                found.setdefault(name.strip(), []).append((first, last, comment["reason"].strip()))
    return found


def _statements(source: str) -> Iterator[tuple[int, int]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.With):
            yield node.lineno, node.end_lineno or node.lineno


def _reason(spans: Sequence[tuple[int, int, str]], line: int) -> str:
    whole = 10**9
    return next((why for first, last, why in spans if last == whole or first <= line <= last), "")
