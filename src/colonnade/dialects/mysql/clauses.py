"""What SHOW CREATE TABLE and SHOW CREATE SEQUENCE say, taken apart into clauses.

The server writes its clauses in capitals and the expressions in them with small keywords, so the two
can't be mistaken for each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from colonnade.dialects.definitions import Cursor, Spelling, Token, split, tokens, unwrapped
from colonnade.dialects.values import Item

ENDS_OF_TYPE = (
    ("CHARACTER", "SET"),
    ("COLLATE",),
    ("NOT", "NULL"),
    ("NULL",),
    ("DEFAULT",),
    ("ON", "UPDATE"),
    ("AUTO_INCREMENT",),
    ("COMMENT",),
    ("GENERATED",),
    ("INVISIBLE",),
    ("CHECK",),
    ("WITHOUT",),
    ("WITH", "SYSTEM"),
    ("SRID",),
    ("STORAGE",),
    ("COLUMN_FORMAT",),
)
TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set")
_INVENTED_KEY = r"_ibfk_\d+"
_INVENTED_CHECK = r"CONSTRAINT_\d+|{table}_chk_\d+"
_INDEXES = {
    ("KEY",): {},
    ("UNIQUE", "KEY"): {"unique": "yes"},
    ("FULLTEXT", "KEY"): {"method": "fulltext"},
    ("SPATIAL", "KEY"): {"method": "spatial"},
    ("VECTOR", "KEY"): {"method": "vector"},
}


class _Spelling(Spelling):
    """The server's own spelling, with a name's quotes as they are."""

    def name(self, text: str) -> str:
        return text if re.fullmatch(r"[^\W\d][\w$]*", text) else "`" + text.replace("`", "``") + "`"

    def _spelled(self, token: Token, after: Token | None) -> str:
        return "`" + token.text.replace("`", "``") + "`" if token.kind == "name" else token.text


_spelling = _Spelling("AND OR NOT IN LIKE BETWEEN IS NULL CASE WHEN THEN ELSE END AS BY".split())


@lru_cache(maxsize=1024)  # a replay reads the same texts after each of its revisions
def table_text(name: str, definition: str) -> TableText:
    """Take a table's text apart; the answer is shared, and not to be changed."""
    return TableText(name, definition)


class TableText:
    """A table as SHOW CREATE TABLE has it."""

    def __init__(self, name: str, definition: str) -> None:
        self.name = name
        self.columns: list[Item] = []
        self._keys: list[Item] = []
        self._options: dict[str, str] = {}
        self._counter: str | None = None
        cursor = Cursor(tokens(definition, hints=True), exact=True)
        cursor.until(("(",))
        body = cursor.group()
        self._read_options(cursor)
        for part in split(body):
            self._part(Cursor(part, exact=True), part)

    def items(self, reference_systems: Mapping[tuple[str, str], str]) -> list[Item]:
        """Give the table, its columns, keys and counter; and where a column's SRID is told apart, with it."""
        columns = self.columns
        if reference_systems:
            columns = [self._placed(item, reference_systems) for item in columns]
        found = [Item("table", "", self.name, self._options), *columns, *self._keys]
        if self._counter is not None:
            found.append(Item("counter", self.name, self.name, {"next": self._counter}))
        return found

    def _placed(self, item: Item, known: Mapping[tuple[str, str], str]) -> Item:
        srid = known.get((self.name, item.name))
        return Item("column", self.name, item.name, {**item.clauses, "srid": srid}) if srid else item

    def _read_options(self, cursor: Cursor) -> None:
        while not cursor.done:
            if cursor.takes("WITH", "SYSTEM", "VERSIONING"):
                self._options["system versioning"] = "yes"
            elif cursor.sees("PARTITION", "BY"):
                self._options["partitions"] = _spelling.write(cursor.rest())
            else:
                name = " ".join(token.text for token in cursor.until(("=",)))
                cursor.next()
                self._option(name.removeprefix("DEFAULT "), cursor)

    def _option(self, name: str, cursor: Cursor) -> None:
        value = _spelling.write(cursor.group()) if cursor.sees("(") else _text(cursor.next())
        if name == "AUTO_INCREMENT":
            self._counter = value
        else:
            called = {"CHARSET": "charset", "COLLATE": "collation"}.get(name, name.lower().replace("_", " "))
            self._options[called] = value

    def _part(self, cursor: Cursor, part: Sequence[Token]) -> None:
        if part[0].kind == "name":
            return self._column(cursor)
        if cursor.takes("PERIOD", "FOR"):
            name = cursor.next().text
            return self._key("period", name, {"columns": _names(cursor.group())})
        if cursor.takes("PRIMARY", "KEY"):
            return self._index(cursor, "primary key", "", {})
        for words, clauses in _INDEXES.items():
            if cursor.takes(*words):
                return self._index(cursor, "index", cursor.next().text, clauses)
        name = cursor.next().text if cursor.takes("CONSTRAINT") else ""
        if cursor.takes("FOREIGN", "KEY"):
            return self._foreign_key(cursor, name)
        if cursor.takes("CHECK"):
            return self._check(cursor, name)
        return self._key("clause", _spelling.write(part), {})

    def _key(self, kind: str, name: str, clauses: Mapping[str, str]) -> None:
        self._keys.append(Item(kind, self.name, name, clauses))

    def _index(self, cursor: Cursor, kind: str, name: str, start: Mapping[str, str]) -> None:
        clauses = {**start, "columns": _names(cursor.group())}
        while not cursor.done:
            if cursor.takes("USING"):
                clauses["method"] = cursor.next().text.lower()
            elif cursor.takes("COMMENT"):
                clauses["comment"] = _text(cursor.next())
            elif cursor.takes("KEY_BLOCK_SIZE", "="):
                clauses["block size"] = cursor.next().text
            elif cursor.takes("IGNORED") or cursor.takes("INVISIBLE"):
                clauses["visible"] = "no"
            else:  # WITH PARSER, CLUSTERING, an engine's own
                _add(clauses, "other", _spelling.write([cursor.next()]))
        self._key(kind, name, clauses)

    def _foreign_key(self, cursor: Cursor, name: str) -> None:
        columns = _names(cursor.group())
        cursor.takes("REFERENCES")
        references = f"{_names(cursor.until(('(',)))}({_names(cursor.group())})"
        clauses = {"columns": columns, "references": references}
        while not cursor.done:
            if cursor.takes("ON", "DELETE"):
                clauses["on delete"] = _action(cursor)
            elif cursor.takes("ON", "UPDATE"):
                clauses["on update"] = _action(cursor)
            else:
                _add(clauses, "other", _spelling.write([cursor.next()]))
        # The number in a name that the server gave tells the order in which the keys were made.
        invented = re.fullmatch(re.escape(self.name) + _INVENTED_KEY, name)
        self._key("foreign key", f"({columns}) references {references}" if invented else name, clauses)

    def _check(self, cursor: Cursor, name: str) -> None:
        clauses = {"check": _spelling.write(unwrapped(cursor.group()))}
        if cursor.takes("NOT", "ENFORCED"):
            clauses["enforced"] = "no"
        invented = re.fullmatch(_INVENTED_CHECK.format(table=re.escape(self.name)), name)
        self._key("check", f"({clauses['check']})" if invented else name, clauses)

    def _column(self, cursor: Cursor) -> None:
        name = cursor.next().text
        clauses = {"position": str(len(self.columns) + 1), "nullable": "yes"}
        words = cursor.until(*ENDS_OF_TYPE)
        clauses["type"] = _spelling.write(words)
        while not cursor.done:
            self._column_clause(clauses, cursor)
        if words and words[0].text in TEXTS and "charset" not in clauses:  # then it has the table's
            for inherited in ("charset", "collation"):
                if inherited in self._options:
                    clauses.setdefault(inherited, self._options[inherited])
        if "auto increment" in clauses and self._counter is None:
            self._counter = "1"
        self.columns.append(Item("column", self.name, name, clauses))

    def _column_clause(self, clauses: dict[str, str], cursor: Cursor) -> None:
        if cursor.takes("CHARACTER", "SET"):
            clauses["charset"] = cursor.next().text
        elif cursor.takes("COLLATE"):
            clauses["collation"] = cursor.next().text
        elif cursor.takes("NOT", "NULL"):
            clauses["nullable"] = "no"
        elif cursor.takes("NULL"):
            pass
        elif cursor.takes("DEFAULT"):
            if (default := _expression(cursor)) != "NULL":  # the same as none
                clauses["default"] = default
        elif cursor.takes("ON", "UPDATE"):
            clauses["on update"] = _expression(cursor)
        elif cursor.takes("AUTO_INCREMENT"):
            clauses["auto increment"] = "yes"
        elif cursor.takes("COMMENT"):
            clauses["comment"] = _text(cursor.next())
        elif cursor.takes("GENERATED", "ALWAYS", "AS"):
            self._generated(clauses, cursor)
        elif cursor.takes("INVISIBLE"):
            clauses["visible"] = "no"
        elif cursor.takes("CHECK"):
            clauses["check"] = _spelling.write(unwrapped(cursor.group()))
        elif cursor.takes("SRID"):
            clauses["srid"] = cursor.next().text
        elif cursor.sees("WITHOUT", "SYSTEM") or cursor.sees("WITH", "SYSTEM"):
            clauses["system versioning"] = "no" if cursor.sees("WITHOUT") else "yes"
            for _ in range(3):
                cursor.next()
        else:
            _add(clauses, "other", _spelling.write([cursor.next()]))

    def _generated(self, clauses: dict[str, str], cursor: Cursor) -> None:
        if not cursor.sees("("):
            clauses["generated"] = " ".join(cursor.next().text for _ in range(2))  # ROW START, ROW END
            return
        clauses["generated"] = _spelling.write(unwrapped(cursor.group()))
        clauses["kept"] = cursor.next().text.lower()


def sequence_clauses(definition: str) -> dict[str, str]:
    """Take apart `CREATE SEQUENCE … start with 5 minvalue 1 … nocycle ENGINE=InnoDB`."""
    words = " ".join(token.text for token in tokens(definition, hints=True)[3:])
    clauses = {}
    for name, pattern in _OF_SEQUENCES.items():
        if match := re.search(pattern, words):
            clauses[name] = match[1].replace(" ", "") if match.groups() else "yes"
            words = words.replace(match[0], "", 1)
    if left := words.strip():
        clauses["other"] = " ".join(left.split())
    return clauses


_OF_SEQUENCES = {
    "start": r"start with (-? ?\d+)",
    "minimum": r"minvalue (-? ?\d+)",
    "maximum": r"maxvalue (-? ?\d+)",
    "increment": r"increment by (-? ?\d+)",
    "cache": r"\bcache (\d+)",
    "without cache": r"\bnocache\b",
    "without cycle": r"\bnocycle\b",
    "cycle": r"\bcycle\b",
    "engine": r"ENGINE = (\w+)",
}


def _expression(cursor: Cursor) -> str:
    """Give an expression, which ends where the next clause begins."""
    place = cursor.until(*ENDS_OF_EXPRESSION)
    return _spelling.write(unwrapped(place))


ENDS_OF_EXPRESSION = tuple(
    phrase for phrase in ENDS_OF_TYPE if phrase not in (("NOT", "NULL"), ("NULL",), ("DEFAULT",))
)


def _names(parts: Sequence[Token]) -> str:
    """Give names, with what stands between and behind them, in quotes only where they need some."""
    return _spelling.write([Token("word", _spelling.name(t.text)) if t.kind == "name" else t for t in parts])


def _action(cursor: Cursor) -> str:
    words = [cursor.next().text]
    if words[0] in ("SET", "NO"):
        words.append(cursor.next().text)
    return " ".join(words)


def _text(token: Token) -> str:
    return token.text[1:-1].replace("''", "'") if token.kind == "string" else token.text


def _add(clauses: dict[str, str], name: str, value: str) -> None:
    clauses[name] = f"{clauses[name]} {value}" if name in clauses else value
