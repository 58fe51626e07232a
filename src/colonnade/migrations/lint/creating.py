"""Writing the file of a new rule, to be filled in."""

from __future__ import annotations

import re
from pathlib import Path

from colonnade.errors import ConfigurationError

__all__ = ["write_rule"]

_TEXT = '''\
"""Say in a line what this rule is about."""

from colonnade.migrations.lint import Hits, Rule, Step

RULE = Rule(
    name="{name}",
    severity="warning",
    databases=("sqlite", "postgresql", "mysql"),
    happens="what happens",
    why="why that is so, or why it matters",
    rewrite="what to write instead",
    bad=('op.drop_table("clip")',),
    good=("pass",),
)


@RULE.finds
def found(step: Step) -> Hits:
    for each in step.on_old_tables("DropTable"):
        yield each.hit(f"{{each.table}} is dropped")
'''


def write_rule(folder: Path, name: str) -> Path:
    """Write a new rule to a folder, and give its file; the file that is there stays.

    Raises:
        ConfigurationError: the name isn't one for a rule, or there is such a file.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise ConfigurationError(f"{name!r} is no name for a rule", remedy="Use small letters and hyphens")
    file = folder / f"{name.replace('-', '_')}.py"
    if file.exists():
        raise ConfigurationError(f"there is a {file} already", remedy="Name the rule otherwise, or edit that")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(_TEXT.format(name=name), encoding="utf-8")
    return file
