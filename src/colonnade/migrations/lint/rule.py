"""What a rule is: a name, what it says, its examples, and a function that finds where it's broken.

A rule is a file of its own in `rules/`, or in a folder of the user's, with a `RULE` in it:

    RULE = Rule("drop-column", happens="…", why="…", rewrite="…", bad=("…",), good=("…",), shows="loses")

    @RULE.finds
    def dropped(step: Step) -> Hits:
        for each in step.all("DropColumn"):
            yield each.hit(f"{each.table}.{each.column} is dropped")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from colonnade.migrations.plan import Severity

if TYPE_CHECKING:
    from colonnade.migrations.lint.facts import Facts
    from colonnade.migrations.tree import Direction, Revision

__all__ = ["DATABASES", "Effect", "Hit", "Hits", "Operation", "Rule", "Step"]

DATABASES = ("sqlite", "postgresql", "mysql")

Effect = Literal[
    "fails", "loses", "gone", "locks", "rewrites", "copies", "commits", "truncates name", "accepts", ""
]
"""What a bad example does on a real database, where it can be seen: it fails (with the rows of the examples);
values or rows are lost; something of the schema is gone that wasn't named; others can't write to the table
meanwhile; the table is written anew; it can't be done without a copy; what came before is committed; a name
is cut; or it's taken without a word, and what it says doesn't hold."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a revision, as Alembic has it.

    Attributes:
        kind: `AddColumn`, `AlterColumn`, `CreateIndex`, `ExecuteSQL`, …: its class without `Op`.
        given: Alembic's own object, with all that was asked.
        line: where it stands in the revision's file; 0 where that isn't known.
        batch: whether it was asked of a `batch_alter_table`.
        autocommit: whether it stands in an `autocommit_block`.
    """

    kind: str
    given: Any
    line: int = 0
    batch: bool = False
    autocommit: bool = False

    @property
    def table(self) -> str:
        """The table's name; empty where there's none."""
        names = ("table_name", "source_table")
        return next((str(found) for name in names if (found := getattr(self.given, name, None))), "")

    @property
    def column(self) -> str:
        """The column's name, of the operations on one."""
        made = getattr(self.given, "column", None)
        return str(made.name if made is not None else getattr(self.given, "column_name", ""))

    @property
    def options(self) -> Mapping[str, Any]:
        """What a dialect is told besides: `postgresql_concurrently`, `mysql_length`."""
        return getattr(self.given, "kw", None) or {}

    @property
    def sql(self) -> str:
        """The statement of an `op.execute`, in one line; empty for all others."""
        return " ".join(str(getattr(self.given, "sqltext", "")).split())

    def hit(self, message: str, *, count: int | None = None, certain: bool = False) -> Hit:
        """Say what was found here; `certain` makes a warning an error: the rows that are there show it."""
        return Hit(self, message, count, certain)


@dataclass(frozen=True, slots=True)
class Hit:
    """One place that a rule has found."""

    operation: Operation | None
    message: str
    count: int | None = None
    certain: bool = False


Hits = Iterator[Hit]


@dataclass(frozen=True)
class Step:
    """One revision on its way up or down, as rules look at it.

    Attributes:
        database: `sqlite`, `postgresql` or `mysql`, which stands for MariaDB, too.
        source: the text of the revision's file.
        before: the operations of the revisions below it, from the start of the tree.
        facts: what a live database tells of its rows; None where there's none.
    """

    revision: Revision
    direction: Direction
    database: str
    operations: tuple[Operation, ...]
    source: str = ""
    before: tuple[Operation, ...] = ()
    facts: Facts | None = None

    def all(self, *kinds: str) -> Iterator[Operation]:
        """Give the operations of these kinds."""
        return (each for each in self.operations if each.kind in kinds)

    @cached_property
    def made(self) -> frozenset[str]:
        """The tables that the revision itself makes: nothing waits for those, and they have no rows."""
        return frozenset(each.table for each in self.all("CreateTable"))

    def on_old_tables(self, *kinds: str) -> Iterator[Operation]:
        """Give the operations of these kinds on tables that may have rows."""
        return (each for each in self.all(*kinds) if each.table not in self.made)

    def statements(self) -> Iterator[Operation]:
        """Give what the revision sends as SQL."""
        return self.all("ExecuteSQL")

    def rows(self, table: str, where: str | None = None) -> int | None:
        """Count a table's rows in the live database; None where there's none."""
        return None if self.facts is None else self.facts.count(table, where)

    def keys_before(self, table: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give the indexes and unique constraints that earlier operations made, with their columns."""
        gone = {
            str(getattr(each.given, "index_name", "")) for each in self.before if each.kind == "DropIndex"
        }
        for each in self.before:
            if each.table != table:
                continue
            if each.kind == "CreateIndex" and str(each.given.index_name) not in gone:
                yield str(each.given.index_name), tuple(map(str, each.given.columns))
            elif each.kind == "CreateUniqueConstraint":
                yield str(each.given.constraint_name), tuple(map(str, each.given.columns))


Finder = Callable[[Step], Hits]


@dataclass(kw_only=True)
class Rule:
    """One thing to know about migrations.

    Attributes:
        name: what it's called in findings, and when it's silenced.
        severity: of what it finds; a hit that the rows make certain is an `error`.
        databases: where it holds.
        happens: what happens, as it happens on those databases.
        why: why that's so, or why it matters.
        rewrite: what to write instead.
        bad: bodies of revisions that break it, on the tables of `examples`.
        good: bodies that do the same well.
        shows: what the bad ones are seen to do; empty where only people would see it.
        weighs: whether it matters on large tables alone.
        down: whether it looks at downgrades as well.
    """

    name: str
    severity: Severity = "warning"
    databases: tuple[str, ...] = DATABASES
    happens: str
    why: str
    rewrite: str
    bad: tuple[str, ...]
    good: tuple[str, ...] = ()
    shows: Effect = ""
    weighs: bool = False
    down: bool = False
    find: Finder = field(default=lambda step: iter(()), repr=False)

    def finds(self, finder: Finder) -> Finder:
        """Take a function as the one that finds; a decorator."""
        self.find = finder
        return finder
