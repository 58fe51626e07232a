"""The rules as a page: `python -m colonnade.migrations.lint.page docs/lint.md` writes them below its mark."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from colonnade.migrations.lint.rule import Rule
from colonnade.migrations.lint.running import known_rules

__all__ = ["MARK", "table_of"]

MARK = "<!-- rules, written by python -m colonnade.migrations.lint.page -->"


def table_of(chosen: Iterable[Rule]) -> str:
    """Give a section for each rule: what happens, why, what to write, and its examples."""
    return "\n\n".join(map(_section, chosen))


def _section(rule: Rule) -> str:
    weighs = ", on large tables" if rule.weighs else ""
    lines = [
        f"### {rule.name}",
        "",
        f"*{rule.severity}{weighs}: {', '.join(rule.databases)}.* {_sentence(rule.happens)}",
        f"{_sentence(rule.why)} Instead: {rule.rewrite}.",
        "",
        "```text",
        *rule.bad,
    ]
    if rule.good:
        lines += ["", "# passes:", *rule.good]
    return "\n".join([*lines, "```"])


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


def main(file: Path) -> None:
    """Write the rules to the page, below its mark."""
    head = file.read_text(encoding="utf-8").partition(MARK)[0]
    file.write_text(f"{head}{MARK}\n\n{table_of(known_rules())}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
