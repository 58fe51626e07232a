"""Undoing DDL that was committed: the statements that bring a schema back, where nothing was lost on the way.

What was done is known by the statements' texts, what there was before and is now by the catalogue. A table or
column that was dropped, or rows that were changed, can't be brought back: then there's no inverse.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from colonnade.dialects.values import Item, Kind

__all__ = ["inverse"]

Key = tuple[str, str, str]
Items = Mapping[Key, Item]

_NAME = r"`?(?P<{}>[\w$]+)`?"
_ALTER = r"\s*ALTER\s+TABLE\s+" + _NAME.format("table") + r"\s+"
_RENAMED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _ALTER + r"RENAME\s+(TO\s+|AS\s+)?" + _NAME.format("new") + r"\s*;?\s*$",
        r"\s*RENAME\s+TABLE\s+" + _NAME.format("table") + r"\s+TO\s+" + _NAME.format("new") + r"\s*;?\s*$",
    )
)
_CHANGED = re.compile(
    _ALTER + r"(MODIFY|CHANGE)\s+(COLUMN\s+)?" + _NAME.format("column") + r"\s+" + _NAME.format("new"),
    re.IGNORECASE,
)
_LOSES_NOTHING = re.compile(
    r"\s*(CREATE\s+(TABLE|VIEW|TRIGGER|((UNIQUE|FULLTEXT|SPATIAL)\s+)?INDEX)\b"
    r"|DROP\s+INDEX\b"
    r"|ALTER\s+TABLE\s+\S+\s+(ADD\b|DROP\s+(INDEX|KEY|FOREIGN|CONSTRAINT|CHECK)\b))",
    re.IGNORECASE,
)
_LOSES = re.compile(
    r"\bDROP\s+(?!INDEX\b|KEY\b|FOREIGN\b|CONSTRAINT\b|CHECK\b)|\bOR\s+REPLACE\b", re.IGNORECASE
)
_WRITTEN = re.compile(
    r"\s*(INSERT\s+(IGNORE\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(\s+TABLE)?)\s+"
    + _NAME.format("table"),
    re.IGNORECASE,
)
_DROPPED: Mapping[str, str] = {
    "foreign key": "ALTER TABLE {table} DROP FOREIGN KEY {name}",
    "check": "ALTER TABLE {table} DROP CONSTRAINT {name}",
    "trigger": "DROP TRIGGER {name}",
    "view": "DROP VIEW {name}",
    "index": "ALTER TABLE {table} DROP INDEX {name}",
    "column": "ALTER TABLE {table} DROP COLUMN {name}",
    "table": "DROP TABLE {name}",
}
"""How what is new goes, in this order."""

_OF_A_COLUMN = frozenset(
    (
        "position",
        "type",
        "nullable",
        "default",
        "on update",
        "comment",
        "charset",
        "collation",
        "auto increment",
    )
)


def inverse(
    statements: Sequence[tuple[Kind, str]], before: Sequence[Item], after: Sequence[Item]
) -> list[str] | None:
    """Give what undoes these statements, or None where they have no exact inverse.

    The schema was `before`, and is `after`.
    """
    was, is_ = _by_key(before), _by_key(after)
    renamed = [pair for _, text in statements if (pair := _renamed(text))]
    names = [name for pair in renamed for name in pair]
    there = {key[2] for key in was if key[0] == "table"}
    new_tables = {key[2] for key in is_ if key[0] == "table"}.union(names) - there
    touched: Counter[tuple[str, str]] = Counter()
    for kind, text in statements:
        if match := _CHANGED.match(text):
            touched[match["table"], match["column"]] += 1
        elif not _renamed(text) and not _has_inverse(kind, text, new_tables):
            return None
    if len(set(names)) < len(names) or any(table in names for table, _ in touched):
        return None
    back = [
        f"RENAME TABLE {_quoted(new)} TO {_quoted(old)}"
        for old, new in reversed(renamed)
        if ("table", "", new) in is_  # not where this was interrupted, and is gone on with
    ]
    old_names = {new: old for old, new in renamed}
    changes = _changes(was, _by_key([_as_before(item, old_names) for item in after]), touched)
    return None if changes is None else [*back, *changes]


def _renamed(text: str) -> tuple[str, str] | None:
    match = next(filter(None, (pattern.match(text) for pattern in _RENAMED)), None)
    return None if match is None else (match["table"], match["new"])


def _has_inverse(kind: Kind, text: str, new_tables: set[str]) -> bool:
    written = _WRITTEN.match(text)
    if written:
        return written["table"] in new_tables
    return kind in ("read", "session") or bool(_LOSES_NOTHING.match(text) and not _LOSES.search(text))


def _changes(was: Items, is_: Items, touched: Counter[tuple[str, str]]) -> list[str] | None:
    statements = []
    for kind, dropping in _DROPPED.items():
        for key in sorted(is_.keys() - was.keys()):
            if key[0] == kind and (kind == "table" or ("table", "", key[1]) in was or not key[1]):
                statements.append(dropping.format(table=_quoted(key[1]), name=_quoted(key[2])))
    for key in sorted(was.keys() - is_.keys()):
        made = _made(was[key])
        if made is None:
            return None
        statements.append(made)
    for key in sorted(was.keys() & is_.keys()):
        if was[key].clauses != is_[key].clauses:
            put_back = _put_back(was[key], is_[key], touched)
            if put_back is None:
                return None
            statements.append(put_back)
    return statements


def _made(item: Item) -> str | None:
    """Give what makes an index, foreign key or check again."""
    clauses = dict(item.clauses)
    start = f"ALTER TABLE {_quoted(item.table)} ADD "
    if item.name.startswith("("):  # a name that the server had given
        return None
    if item.kind == "index" and clauses.keys() <= {"columns", "unique", "method"}:
        how = {"fulltext": "FULLTEXT ", "spatial": "SPATIAL "}.get(clauses.get("method", ""), "")
        using = f" USING {clauses['method']}" if clauses.get("method") and not how else ""
        unique = "UNIQUE " if "unique" in clauses else how
        return f"{start}{unique}INDEX {_quoted(item.name)} ({clauses['columns']}){using}"
    if item.kind == "foreign key" and clauses.keys() <= {"columns", "references", "on delete", "on update"}:
        rules = "".join(
            f" {rule.upper()} {clauses[rule]}" for rule in ("on delete", "on update") if rule in clauses
        )
        named = f"CONSTRAINT {_quoted(item.name)} FOREIGN KEY ({clauses['columns']})"
        return f"{start}{named} REFERENCES {clauses['references']}{rules}"
    if item.kind == "check" and clauses.keys() == {"check"}:
        return f"{start}CONSTRAINT {_quoted(item.name)} CHECK ({clauses['check']})"
    return None


def _put_back(was: Item, is_: Item, touched: Counter[tuple[str, str]]) -> str | None:
    """Give what makes a column as it was; in strict mode it's refused where a value doesn't fit."""
    known = was.kind == "column" and was.clauses.keys() | is_.clauses.keys() <= _OF_A_COLUMN
    if (
        not known
        or touched[was.table, was.name] > 1
        or not _held_all(was.clauses["type"], is_.clauses["type"])
    ):
        return None
    clauses = was.clauses
    parts = [clauses["type"]]
    parts += [f"CHARACTER SET {clauses['charset']}"] if "charset" in clauses else []
    parts += [f"COLLATE {clauses['collation']}"] if "collation" in clauses else []
    parts.append("NULL" if clauses["nullable"] == "yes" else "NOT NULL")
    parts += [f"DEFAULT {clauses['default']}"] if "default" in clauses else []
    parts += [f"ON UPDATE {clauses['on update']}"] if "on update" in clauses else []
    parts += ["AUTO_INCREMENT"] if "auto increment" in clauses else []
    if "comment" in clauses:
        parts.append("COMMENT '{}'".format(clauses["comment"].replace("'", "''").replace("\\", "\\\\")))
    return f"ALTER TABLE {_quoted(was.table)} MODIFY {_quoted(was.name)} {' '.join(parts)}"


_WHOLE = ("tinyint", "smallint", "mediumint", "int", "bigint")


def _held_all(was: str, is_: str) -> bool:
    """Tell whether a column's new type held every value of the old one, as it was."""
    if was == is_:
        return True
    old, new = (re.fullmatch(r"(\w+)(?:\((\d+)\))?( unsigned)?", each) for each in (was, is_))
    if old is None or new is None or old[3] != new[3]:
        return False
    if old[1] in _WHOLE and new[1] in _WHOLE:
        return _WHOLE.index(new[1]) >= _WHOLE.index(old[1])
    return old[1] == new[1] == "varchar" and int(new[2]) >= int(old[2])


def _by_key(items: Sequence[Item]) -> dict[Key, Item]:
    left_out = ("counter", "environment")
    return {(item.kind, item.table, item.name): item for item in items if item.kind not in left_out}


def _as_before(item: Item, old_names: Mapping[str, str]) -> Item:
    """Give the item as it's once its table has its old name again."""
    if item.kind == "table":
        return Item("table", "", old_names.get(item.name, item.name), item.clauses)
    return Item(item.kind, old_names.get(item.table, item.table), item.name, item.clauses)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
