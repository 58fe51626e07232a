"""The text of a CREATE TABLE or an index, taken apart into clauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from colonnade.dialects.definitions import Cursor, Spelling, Token, split, unwrapped

# What SQLite takes for a name only in quotes, and the constants that quotes would make a name.
RESERVED = frozenset(
    """ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE CROSS
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DEFAULT DEFERRABLE DELETE DISTINCT DROP ELSE ESCAPE EXCEPT
    EXISTS FALSE FOREIGN FROM FULL GLOB GROUP HAVING IN INDEX INNER INSERT INTERSECT INTO IS ISNULL JOIN LEFT
    LIKE LIMIT MATCH NATURAL NOT NOTHING NOTNULL NULL ON OR ORDER OUTER PRIMARY REFERENCES REGEXP RETURNING
    RIGHT SELECT SET TABLE THEN TO TRANSACTION TRUE UNION UNIQUE UPDATE USING VALUES WHEN WHERE""".split()
)
# What SQLite takes for a keyword or a name, as it fits.
SOFT = frozenset(
    """ABORT ACTION AFTER ALWAYS ASC BEFORE BEGIN BY CASCADE CAST CONFLICT CURRENT DATABASE DEFERRED DESC DO
    EACH END EXCLUDE FAIL FILTER FIRST FOLLOWING FOR GENERATED GROUPS IGNORE IMMEDIATE INDEXED INITIALLY
    INSTEAD KEY LAST MATERIALIZED NO NULLS OF OFFSET OTHERS OVER PARTITION PLAN PRECEDING RAISE RANGE
    RECURSIVE REPLACE RESTRICT ROLLBACK ROW ROWS STORED STRICT TEMP TIES TRIGGER UNBOUNDED VIEW VIRTUAL
    WINDOW WITH WITHOUT""".split()
)
TABLE_KEYS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")
ENDS_OF_TYPE = (
    ("CONSTRAINT",),
    ("PRIMARY",),
    ("NOT", "NULL"),
    ("NOT", "DEFERRABLE"),
    ("NULL",),
    ("UNIQUE",),
    ("CHECK",),
    ("DEFAULT",),
    ("COLLATE",),
    ("REFERENCES",),
    ("GENERATED", "ALWAYS"),
    ("AS",),
    ("DEFERRABLE",),
)
_spelling = Spelling(RESERVED, SOFT)


@dataclass
class Column:
    """A column and its clauses."""

    name: str
    clauses: dict[str, str] = field(default_factory=dict)


@dataclass
class Key:
    """A primary key, UNIQUE, CHECK or foreign key."""

    kind: str
    name: str
    clauses: dict[str, str] = field(default_factory=dict)
    parent: str = ""
    parent_columns: tuple[str, ...] = ()

    def says_the_same_as(self, other: Key) -> bool:
        """Tell whether the keys differ in their names alone."""
        mine, theirs = ((each.kind, each.clauses, each.parent.lower()) for each in (self, other))
        return mine == theirs

    def described(self, references: str) -> str:
        """Give what stands for the name of one that has none: what it's about."""
        if self.kind == "primary key":
            return ""
        if self.kind == "check":
            return f"({self.clauses['check']})"
        columns = f"({self.clauses['columns']})"
        return f"{columns} references {references}" if references else columns


class TableText:
    """A table as its CREATE TABLE has it."""

    def __init__(self, name: str, parts: Sequence[Token]) -> None:
        self.name = name
        self.columns: dict[str, Column] = {}
        self.keys: list[Key] = []
        self.options: dict[str, str] = {}
        self.autoincrement = False
        self.primary_key: tuple[str, ...] = ()
        cursor = Cursor(parts)
        cursor.until(("(",))
        for part in split(cursor.group()):
            self._part(Cursor(part))
        for option in split(cursor.rest()):
            self.options[_spelling.write(option).lower()] = "yes"
        for key in self.keys:
            if key.kind == "primary key":
                self._finish(key)

    def spelled(self, name: str) -> str:
        """Give a column's name as its definition spells it."""
        column = self.columns.get(name.lower())
        return column.name if column else name

    def collation(self, name: str) -> str:
        column = self.columns.get(name.lower())
        return column.clauses.get("collation", "") if column else ""

    def _part(self, cursor: Cursor) -> None:
        if not any(cursor.sees(word) for word in TABLE_KEYS):
            self._column(cursor)
        while not cursor.done:  # no comma is needed between two
            self._table_key(cursor)

    def _column(self, cursor: Cursor) -> None:
        name = _plain(cursor.next())
        column = Column(name)
        self.columns[name.lower()] = column
        column.clauses["position"] = str(len(self.columns))
        # Of types the case says nothing, and the comma's space neither.
        column.clauses["type"] = _spelling.write(cursor.until(*ENDS_OF_TYPE)).upper()
        column.clauses["nullable"] = "yes"
        key_name = ""
        while not cursor.done:
            if cursor.takes("CONSTRAINT"):
                key_name = _plain(cursor.next())
            elif not (self._value_clause(column, cursor) or self._inline_key(column, cursor, key_name)):
                _add(column.clauses, "other", _spelling.write([cursor.next()]))
            else:
                key_name = ""

    def _value_clause(self, column: Column, cursor: Cursor) -> bool:
        clauses = column.clauses
        if cursor.takes("NOT", "NULL"):
            clauses["nullable"] = "no"
            _add(clauses, "on conflict", _on_conflict(cursor))
        elif cursor.takes("NULL"):
            _on_conflict(cursor)
        elif cursor.takes("DEFAULT"):
            if (default := _default(cursor)) != "NULL":  # the same as none
                clauses["default"] = default
        elif cursor.takes("COLLATE"):
            collation = _plain(cursor.next()).upper()
            if collation != "BINARY":
                clauses["collation"] = collation
        elif cursor.takes("GENERATED", "ALWAYS", "AS") or cursor.takes("AS"):
            clauses["generated"] = _expression(cursor)
            clauses["kept"] = "stored" if cursor.takes("STORED") else "virtual"
            cursor.takes("VIRTUAL")
        else:
            return False
        return True

    def _inline_key(self, column: Column, cursor: Cursor, name: str) -> bool:
        own = _spelling.name(column.name)
        if cursor.takes("PRIMARY", "KEY"):
            key = self._key("primary key", name, {"columns": own})
            if cursor.takes("DESC"):
                key.clauses["columns"] += " DESC"
                key.clauses["row number"] = (
                    "no"  # DESC here, and here alone, makes an INTEGER key an ordinary one
                )
            cursor.takes("ASC")
            _add(key.clauses, "on conflict", _on_conflict(cursor))
            if cursor.takes("AUTOINCREMENT"):
                key.clauses["autoincrement"] = "yes"
                self.autoincrement = True
            self.primary_key = (column.name,)
        elif cursor.takes("UNIQUE"):
            key = self._key("unique", name, {"columns": own})
            _add(key.clauses, "on conflict", _on_conflict(cursor))
        elif cursor.takes("CHECK"):
            self._check(cursor, name)
        elif cursor.takes("REFERENCES"):
            self._foreign_key(cursor, name, own)
        elif self.keys and (cursor.sees("NOT", "DEFERRABLE") or cursor.sees("DEFERRABLE")):
            _deferrable(cursor, self.keys[-1].clauses)
        else:
            return False
        return True

    def _table_key(self, cursor: Cursor) -> None:
        name = _plain(cursor.next()) if cursor.takes("CONSTRAINT") else ""
        if cursor.takes("PRIMARY", "KEY"):
            key = self._key("primary key", name, {})
            group = cursor.group()
            if group and group[-1].kind == "word" and group[-1].text.upper() == "AUTOINCREMENT":
                key.clauses["autoincrement"] = "yes"
                self.autoincrement = True
                group = group[:-1]
            key.clauses["columns"] = self._parts(group)
            self.primary_key = tuple(self.spelled(_plain(part[0])) for part in split(group))
            _add(key.clauses, "on conflict", _on_conflict(cursor))
        elif cursor.takes("UNIQUE"):
            key = self._key("unique", name, {"columns": self._parts(cursor.group())})
            _add(key.clauses, "on conflict", _on_conflict(cursor))
        elif cursor.takes("CHECK"):
            self._check(cursor, name)
        elif cursor.takes("FOREIGN", "KEY"):
            columns = self._parts(cursor.group())
            cursor.takes("REFERENCES")
            self._foreign_key(cursor, name, columns)
        else:
            _add(self.options, "other", _spelling.write([cursor.next()]))

    def _key(self, kind: str, name: str, clauses: dict[str, str]) -> Key:
        key = Key(kind, "" if kind == "primary key" else name, clauses)
        if kind == "primary key" and name:
            clauses["name"] = name
        self.keys.append(key)
        return key

    def _parts(self, group: Sequence[Token]) -> str:
        return parts_of_index(group, self, own_collation=False)

    def _check(self, cursor: Cursor, name: str) -> None:
        key = self._key("check", name, {"check": _expression(cursor)})
        _add(key.clauses, "on conflict", _on_conflict(cursor))

    def _foreign_key(self, cursor: Cursor, name: str, columns: str) -> None:
        key = self._key("foreign key", name, {"columns": columns})
        key.parent = _plain(cursor.next())
        key.parent_columns = tuple(_plain(part[0]) for part in split(cursor.group()))
        while True:
            if cursor.takes("ON", "DELETE"):
                _add_action(key.clauses, "on delete", cursor)
            elif cursor.takes("ON", "UPDATE"):
                _add_action(key.clauses, "on update", cursor)
            elif cursor.takes("MATCH"):
                match = _plain(cursor.next()).upper()
                _add(key.clauses, "match", "" if match == "SIMPLE" else match)
            elif cursor.sees("NOT", "DEFERRABLE") or cursor.sees("DEFERRABLE"):
                _deferrable(cursor, key.clauses)
            else:
                return

    def _finish(self, key: Key) -> None:
        """Say whether the key is the row's own number; its columns take no NULL where that's so."""
        columns = [self.columns[name.lower()] for name in self.primary_key if name.lower() in self.columns]
        is_integer = len(columns) == 1 and columns[0].clauses["type"] == "INTEGER"
        without_number = "without rowid" in self.options
        if key.clauses.pop("row number", "") != "no" and is_integer and not without_number:
            key.clauses["row number"] = "yes"
        if without_number or "row number" in key.clauses:  # elsewhere SQLite lets a key be NULL
            for column in columns:
                column.clauses["nullable"] = "no"


def parts_of_index(group: Sequence[Token], table: TableText | None, own_collation: bool = True) -> str:
    """Give `title COLLATE NOCASE DESC, lower(b)`; with the columns' own collations, where that's asked."""
    return ", ".join(_part_of_index(part, table, own_collation) for part in split(group))


def _part_of_index(part: Sequence[Token], table: TableText | None, own_collation: bool) -> str:
    ending = ""
    words = [token.text.upper() if token.kind == "word" else "" for token in part]
    if words[-1] in ("ASC", "DESC") and len(part) > 1:
        ending = " DESC" if words[-1] == "DESC" else ""
        part, words = part[:-1], words[:-1]
    collation = ""
    if len(part) > 2 and words[-2] == "COLLATE":
        collation, part = _plain(part[-1]).upper(), part[:-2]
    if len(part) == 1 and part[0].kind != "number":
        name = _plain(part[0])
        collation = collation or (table.collation(name) if table and own_collation else "")
        written = _spelling.name(table.spelled(name) if table else name)
    else:
        written = _spelling.write(part)
    return written + (f" COLLATE {collation}" if collation not in ("", "BINARY") else "") + ending


def _default(cursor: Cursor) -> str:
    if cursor.sees("("):
        return _expression(cursor)
    sign = "-" if cursor.sees("-") else ""
    if cursor.sees("-") or cursor.sees("+"):
        cursor.next()
    token = cursor.next()
    known = token.kind == "word" and token.text.upper() in RESERVED
    if token.kind == "name" or (token.kind == "word" and not known):
        return "'" + token.text.replace("'", "''") + "'"  # a bare word is a text here
    return sign + _spelling.write([token])


def _expression(cursor: Cursor) -> str:
    return _spelling.write(unwrapped(cursor.group()))


def _on_conflict(cursor: Cursor) -> str:
    """Give the resolution after ON CONFLICT; nothing for ABORT, which is what happens without it."""
    if not cursor.takes("ON", "CONFLICT"):
        return ""
    resolution = cursor.next().text.upper()
    return "" if resolution == "ABORT" else resolution


def _deferrable(cursor: Cursor, clauses: dict[str, str]) -> None:
    refused = cursor.takes("NOT")
    cursor.takes("DEFERRABLE")
    deferred = cursor.takes("INITIALLY", "DEFERRED")
    cursor.takes("INITIALLY", "IMMEDIATE")
    if not refused:
        clauses["deferrable"] = "initially deferred" if deferred else "initially immediate"


def _add_action(clauses: dict[str, str], name: str, cursor: Cursor) -> None:
    words = [cursor.next().text.upper()]
    if words[0] in ("SET", "NO"):
        words.append(cursor.next().text.upper())
    action = " ".join(words)
    _add(clauses, name, "" if action == "NO ACTION" else action)


def _add(clauses: dict[str, str], name: str, value: str) -> None:
    if value:
        clauses[name] = f"{clauses[name]} {value}" if name in clauses else value


def _plain(token: Token) -> str:
    """Give a name without quotes; SQLite takes a string for one, too."""
    if token.kind == "string":
        return token.text[1:-1].replace("''", "'")
    return token.text
