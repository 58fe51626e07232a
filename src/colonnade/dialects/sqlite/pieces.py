"""The text of a CREATE TABLE in pieces that keep their own spelling, to put some of them together anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from colonnade.dialects.definitions import Cursor, Placed, Token, placed_parts, placed_tokens
from colonnade.dialects.sqlite.clauses import ENDS_OF_TYPE, TABLE_KEYS, Key, TableText
from colonnade.errors import MigrationError

Kind = Literal["type", "null", "default", "collate", "generated", "key", "other"]
_CONFLICT = ("ON", "CONFLICT")


@dataclass
class Piece:
    """One clause as it's written; a key's meaning is in `key`, and the table's columns that it names."""

    kind: Kind
    text: str
    parts: Sequence[Token] = ()
    key: Key | None = None
    names: frozenset[str] = frozenset()


@dataclass
class ColumnPieces:
    """A column: its name, and its clauses in order."""

    name: str
    pieces: list[Piece] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join([quoted(self.name), *(piece.text for piece in self.pieces)])

    @property
    def is_generated(self) -> bool:
        return any(piece.kind == "generated" for piece in self.pieces)

    def of_kind(self, kind: Kind) -> str:
        """Give the text of the clause of this kind; nothing where there's none."""
        return next((piece.text for piece in self.pieces if piece.kind == kind), "")

    def set(self, kind: Kind, text: str) -> None:
        """Put this text in place of the clause of this kind; without a text it goes."""
        at = next((place for place, piece in enumerate(self.pieces) if piece.kind == kind), None)
        if at is not None:
            self.pieces[at : at + 1] = [Piece(kind, text)] if text else []
        elif text:
            # A type stands first; what else is new goes before the keys, whose DEFERRABLE ends them.
            first = next((place for place, piece in enumerate(self.pieces) if piece.kind == "key"), None)
            self.pieces.insert(0 if kind == "type" else first or 0, Piece(kind, text))
            if kind != "type" and first is None:
                self.pieces.append(self.pieces.pop(0))


class TablePieces:
    """A table's text, taken apart; `columns` and `keys` may be changed and written anew."""

    def __init__(self, name: str, definition: str) -> None:
        self._definition = definition
        self.name = name
        self.columns: list[ColumnPieces] = []
        self.keys: list[Piece] = []
        placed = placed_tokens(definition)
        self.meaning = TableText(name, [each.token for each in placed])
        cursor = Cursor([each.token for each in placed])
        cursor.until(("(",))
        start = cursor.place + 1
        body = cursor.group()
        self._read(placed[start : start + len(body)])
        self.options = [self._text(part) for part in placed_parts(placed[cursor.place :])]
        self._give_meaning()

    @property
    def all_keys(self) -> list[Piece]:
        """Give the keys of the columns and of the table, in the order of the text."""
        inline = [piece for column in self.columns for piece in column.pieces if piece.kind == "key"]
        return [*inline, *self.keys]

    def column(self, name: str) -> ColumnPieces:
        """Give the column of this name, in whatever case.

        Raises:
            MigrationError: there is none.
        """
        for column in self.columns:
            if column.name.lower() == name.lower():
                return column
        raise MigrationError(f"the table {self.name} has no column {name}", entity=self.name)

    def has(self, name: str) -> bool:
        """Tell whether there's a column of this name."""
        return any(column.name.lower() == name.lower() for column in self.columns)

    def remove(self, piece: Piece) -> None:
        """Take away a key."""
        self.keys = [each for each in self.keys if each is not piece]
        for column in self.columns:
            column.pieces = [each for each in column.pieces if each is not piece]

    def written(self, name: str) -> str:
        """Give the CREATE TABLE for a table of this name, which is quoted as it needs to be."""
        lines = [column.text for column in self.columns] + [key.text for key in self.keys]
        options = " " + ", ".join(self.options) if self.options else ""
        return f"CREATE TABLE {name} (\n\t" + ",\n\t".join(lines) + f"\n){options}"

    def _text(self, part: Sequence[Placed]) -> str:
        return self._definition[part[0].start : part[-1].end] if part else ""

    def _read(self, body: Sequence[Placed]) -> None:
        for part in placed_parts(body):
            cursor = Cursor([each.token for each in part])
            if not any(cursor.sees(word) for word in TABLE_KEYS):
                self.columns.append(self._column(cursor, part))
            while not cursor.done:
                self.keys.append(self._piece(cursor, part))

    def _column(self, cursor: Cursor, part: Sequence[Placed]) -> ColumnPieces:
        column = ColumnPieces(_plain(cursor.next()))
        if cursor.until(*ENDS_OF_TYPE):
            column.pieces.append(Piece("type", self._text(part[1 : cursor.place])))
        while not cursor.done:
            column.pieces.append(self._piece(cursor, part))
        return column

    def _piece(self, cursor: Cursor, part: Sequence[Placed]) -> Piece:
        start = cursor.place
        if cursor.takes("CONSTRAINT"):
            cursor.next()
        kind = _pass_clause(cursor)
        passed = part[start : cursor.place]
        return Piece(kind, self._text(passed), [each.token for each in passed])

    def _give_meaning(self) -> None:
        keys = self.all_keys
        meanings = self.meaning.keys
        if len(keys) != len(meanings) or len(self.columns) != len(self.meaning.columns):
            raise MigrationError(f"the text of the table {self.name} can't be taken apart", entity=self.name)
        names = {column.name.lower() for column in self.columns}
        for piece, meaning in zip(keys, meanings, strict=True):
            piece.key = meaning
            piece.names = frozenset(mentioned(_own_side(piece.parts))) & names
        for column in self.columns:
            for piece in column.pieces:
                if piece.kind == "key":
                    piece.names |= {column.name.lower()}
                elif piece.kind == "generated":
                    piece.names = frozenset(mentioned(piece.parts)) & names


def mentioned(parts: Sequence[Token]) -> set[str]:
    """Give all that may be a column's name, in small letters: no strings, no functions."""
    after = [*parts[1:], Token("symbol", "")]
    return {
        token.text.lower()
        for token, following in zip(parts, after, strict=False)
        if token.kind == "name" or (token.kind == "word" and following != ("symbol", "("))
    }


def quoted(name: str) -> str:
    """Give a name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def _own_side(parts: Sequence[Token]) -> Sequence[Token]:
    """Give a key without what follows REFERENCES, and without its own name."""
    cursor = Cursor(parts)
    if cursor.takes("CONSTRAINT"):
        cursor.next()
    return cursor.until(("REFERENCES",))


def _pass_clause(cursor: Cursor) -> Kind:
    """Move past one clause, and tell its kind."""
    if cursor.takes("NOT", "NULL") or cursor.takes("NULL"):
        _pass_conflict(cursor)
        return "null"
    if cursor.takes("DEFAULT"):
        if not cursor.group():
            _pass_word(cursor, "-", "+")
        return "default"
    if cursor.takes("COLLATE"):
        cursor.next()
        return "collate"
    if cursor.takes("GENERATED", "ALWAYS", "AS") or cursor.takes("AS"):
        cursor.group()
        _ = cursor.takes("STORED") or cursor.takes("VIRTUAL")
        return "generated"
    return _pass_key(cursor)


def _pass_key(cursor: Cursor) -> Kind:
    if cursor.takes("PRIMARY", "KEY") or cursor.takes("UNIQUE") or cursor.takes("CHECK"):
        cursor.group()
        _ = cursor.takes("ASC") or cursor.takes("DESC")
        _pass_conflict(cursor)
        cursor.takes("AUTOINCREMENT")
    elif cursor.sees("FOREIGN", "KEY") or cursor.sees("REFERENCES"):
        if cursor.takes("FOREIGN", "KEY"):
            cursor.group()
        _pass_references(cursor)
    else:
        cursor.next()
        return "other"
    return "key"


def _pass_references(cursor: Cursor) -> None:
    cursor.takes("REFERENCES")
    cursor.next()
    cursor.group()
    while True:
        if cursor.takes("ON", "DELETE") or cursor.takes("ON", "UPDATE"):
            _pass_word(cursor, "SET", "NO")
        elif cursor.takes("MATCH"):
            cursor.next()
        elif cursor.takes("NOT", "DEFERRABLE") or cursor.takes("DEFERRABLE"):
            _ = cursor.takes("INITIALLY", "DEFERRED") or cursor.takes("INITIALLY", "IMMEDIATE")
        else:
            return


def _pass_word(cursor: Cursor, *before: str) -> None:
    """Move past one token, and past one of these before it."""
    for word in before:
        cursor.takes(word)
    cursor.next()


def _pass_conflict(cursor: Cursor) -> None:
    if cursor.takes(*_CONFLICT):
        cursor.next()


def _plain(token: Token) -> str:
    return token.text[1:-1].replace("''", "'") if token.kind == "string" else token.text
