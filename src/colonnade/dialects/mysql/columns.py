"""A column as SHOW CREATE TABLE writes it, in pieces, of which some are put in place of others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from colonnade.dialects.definitions import Cursor, Placed, placed_parts, placed_tokens
from colonnade.dialects.mysql.clauses import ENDS_OF_EXPRESSION, ENDS_OF_TYPE, TEXTS
from colonnade.errors import MigrationError

# The order in which a server takes them.
KINDS = (
    "type",
    "charset",
    "collate",
    "generated",
    "null",
    "invisible",
    "default",
    "on update",
    "auto increment",
    "comment",
    "other",
    "check",
)
_TEMPORAL = ("datetime", "timestamp", "time")


@dataclass
class ColumnText:
    """A column's clauses as they're written, by kind."""

    name: str
    pieces: dict[str, str] = field(default_factory=dict)

    @property
    def written(self) -> str:
        """Give what follows the name in ALTER TABLE … MODIFY."""
        return " ".join(self.pieces[kind] for kind in KINDS if self.pieces.get(kind))

    @property
    def type(self) -> str:
        """Give the type's first word in small letters."""
        return type_name(self.pieces["type"])

    def set(self, kind: str, text: str | None) -> None:
        """Put a clause in place of the one of its kind; None takes that away."""
        self.pieces.pop(kind, None)
        if text:
            self.pieces[kind] = text

    def retype(self, given: ColumnText) -> None:
        """Take another type; a text keeps its character set and collation, where the new one says none."""
        is_text = given.type in TEXTS
        if given.pieces.get("charset") or given.pieces.get("collate") or not is_text:
            self.set("charset", given.pieces.get("charset"))
            self.set("collate", given.pieces.get("collate"))
        self.set("type", given.pieces["type"])
        if given.type in _TEMPORAL:
            self._set_precision(re.search(r"\((\d+)\)", given.pieces["type"]))
        else:
            self.set("on update", None)

    def _set_precision(self, found: re.Match[str] | None) -> None:
        """Give the present instant, as a default, the digits of the new type: the server takes no others."""
        digits = found[1] if found else "0"
        for kind in ("default", "on update"):
            if text := self.pieces.get(kind):
                now = r"(?i)\b(current_timestamp|now|localtime|localtimestamp)\b(\(\d*\))?"
                self.pieces[kind] = re.sub(now, f"current_timestamp({digits})", text)


def column_text(table: str, definition: str, name: str, exact: bool = True) -> ColumnText:
    """Give a column of a table's definition; `exact` where its keywords are in capitals, as the server's.

    Raises:
        MigrationError: there is none.
    """
    plain = _without_marks(definition)
    placed = placed_tokens(plain, hints=True)
    cursor = Cursor([each.token for each in placed])
    cursor.until(("(",))
    start = cursor.place + 1
    for part in placed_parts(placed[start : start + len(cursor.group())]):
        if part[0].token.kind == "name" and part[0].token.text.lower() == name.lower():
            return ColumnText(part[0].token.text, dict(_pieces(plain, part, exact)))
    raise MigrationError(f"the table {table} has no column {name}", entity=table, columns=(name,))


def rendered(specification: str) -> ColumnText:
    """Take apart what SQLAlchemy writes of a column: a type, a default."""
    # SQLAlchemy doubles percent signs for the driver.
    text = specification.replace("%%", "%")
    return column_text("", f"CREATE TABLE `x` (`x` {text})", "x", exact=False)


def type_name(text: str) -> str:
    """Give a type's name as the server writes it: `varchar` for VARCHAR(80), `int` for INTEGER."""
    word = re.split(r"[ (]", text.strip().lower(), maxsplit=1)[0]
    return _SYNONYMS.get(word, word)


_SYNONYMS = {
    "integer": "int",
    "numeric": "decimal",
    "dec": "decimal",
    "fixed": "decimal",
    "bool": "tinyint",
    "boolean": "tinyint",
    "real": "double",
    "nchar": "char",
    "nvarchar": "varchar",
}


def _pieces(definition: str, part: Sequence[Placed], exact: bool) -> Iterator[tuple[str, str]]:
    cursor = Cursor([each.token for each in part], exact)
    cursor.next()
    start, kind = 1, "type"
    cursor.until(*ENDS_OF_TYPE)
    while True:
        yield kind, definition[part[start].start : part[cursor.place - 1].end]
        if cursor.done:
            return
        start, kind = cursor.place, _pass_clause(cursor)


def _pass_clause(cursor: Cursor) -> str:
    """Move past one clause, and tell its kind."""
    if cursor.takes("CHARACTER", "SET"):
        cursor.next()
        return "charset"
    for word, kind in (("COLLATE", "collate"), ("COMMENT", "comment"), ("CHECK", "check")):
        if cursor.takes(word):
            if not cursor.group():
                cursor.next()
            return kind
    if cursor.takes("NOT", "NULL") or cursor.takes("NULL"):
        return "null"
    for words in (("DEFAULT",), ("ON", "UPDATE")):
        if cursor.takes(*words):
            if not cursor.takes("NULL"):
                cursor.until(*ENDS_OF_EXPRESSION)
            return " ".join(words).lower()
    if cursor.takes("AUTO_INCREMENT"):
        return "auto increment"
    if cursor.takes("INVISIBLE"):
        return "invisible"
    if cursor.takes("GENERATED", "ALWAYS", "AS"):
        if not cursor.group():  # ROW START, ROW END
            cursor.next()
        cursor.next()
        return "generated"
    cursor.next()
    cursor.until(*ENDS_OF_TYPE)
    return "other"


def _without_marks(definition: str) -> str:
    """Give the text without the marks around what older servers are to pass over."""
    written, end = "", 0
    for placed in placed_tokens(definition, hints=True):
        gap = definition[end : placed.start]
        written += (gap if gap.isspace() or not gap else " ") + definition[placed.start : placed.end]
        end = placed.end
    return written
