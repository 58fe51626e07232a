"""The text of a definition, taken apart: tokens, a cursor over them, and one way to write them again.

For databases that keep or show a definition as text. Two texts that differ in space, comments, the case
of keywords and the quotes of names alone are written alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, cast

Kind = Literal["word", "name", "string", "number", "symbol"]


class Token(NamedTuple):
    """One piece of a text: a `name` is without its quotes, a `word` was never quoted."""

    kind: Kind
    text: str


# What a `/*! … */` holds is carried out by MySQL and MariaDB, so there only its marks are space.
_SPACE = r"\s+|--[^\n]*|/\*.*?(?:\*/|\Z)"
_SPACE_WITH_HINTS = r"\s+|/\*M?!\d*|\*/"
_REST = r"""
  | (?P<string>[xXbBnN]?'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\])
  | (?P<number>0[xX][0-9A-Fa-f]+ | (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<symbol><=|>=|<>|!=|==|\|\||<<|>>|->>|->|.)
"""
_PLAIN = re.compile(rf"(?P<space>{_SPACE}) {_REST}", re.VERBOSE | re.DOTALL)
_HINTED = re.compile(
    rf"(?P<space>{_SPACE_WITH_HINTS}) {_REST}".replace("(?:[^']|'')*", r"(?:[^'\\]|\\.|'')*"),
    re.VERBOSE | re.DOTALL,
)


class Placed(NamedTuple):
    """A token, and where it stands in its text."""

    token: Token
    start: int
    end: int


def tokens(text: str, hints: bool = False) -> list[Token]:
    """Take a text apart; with `hints`, as MySQL and MariaDB read it."""
    return [placed.token for placed in placed_tokens(text, hints)]


def placed_tokens(text: str, hints: bool = False) -> list[Placed]:
    """Take a text apart as `tokens` does, and tell where each token stands."""
    found = []
    for match in (_HINTED if hints else _PLAIN).finditer(text):
        kind, piece = match.lastgroup, match[0]
        if kind == "quoted":
            closing = piece[-1]
            found.append(Placed(Token("name", piece[1:-1].replace(closing * 2, closing)), *match.span()))
        elif kind != "space":
            found.append(Placed(Token(cast(Kind, kind), piece), *match.span()))
    return found


def split(parts: Sequence[Token], separator: str = ",") -> list[list[Token]]:
    """Give what stands between the separators that are in no parentheses."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in parts:
        depth += _step(token)
        if depth == 0 and token == ("symbol", separator):
            found.append([])
        else:
            found[-1].append(token)
    return [each for each in found if each]


def placed_parts(placed: Sequence[Placed]) -> Iterator[Sequence[Placed]]:
    """Give what stands between the commas that are in no parentheses."""
    start = 0
    for part in split([each.token for each in placed]):
        yield placed[start : start + len(part)]
        start += len(part) + 1


def unwrapped(parts: Sequence[Token]) -> Sequence[Token]:
    """Give an expression without the parentheses that stand around all of it."""
    while len(parts) > 2 and parts[0] == ("symbol", "(") and _closing(parts, 0) == len(parts) - 1:
        parts = parts[1:-1]
    return parts


class Cursor:
    """A place in a sequence of tokens; where it's `exact`, keywords are those in capitals alone."""

    def __init__(self, parts: Sequence[Token], exact: bool = False) -> None:
        self._parts = parts
        self._at = 0
        self._words = tuple(
            (token.text if exact else token.text.upper()) if token.kind in ("word", "symbol") else ""
            for token in parts
        )

    @property
    def done(self) -> bool:
        return self._at >= len(self._parts)

    @property
    def place(self) -> int:
        """How many tokens were passed."""
        return min(self._at, len(self._parts))

    def sees(self, *words: str) -> bool:
        """Tell whether these words or symbols come next, without quotes."""
        return self._words[self._at : self._at + len(words)] == words

    def takes(self, *words: str) -> bool:
        """Move past these words if they come next, and tell whether they did."""
        if not self.sees(*words):
            return False
        self._at += len(words)
        return True

    def next(self) -> Token:
        """Give what comes next, and move past it; an empty symbol at the end."""
        self._at += 1
        return self._parts[self._at - 1] if self._at <= len(self._parts) else Token("symbol", "")

    def group(self) -> Sequence[Token]:
        """Give what stands in the parentheses that come next, and move past them; nothing without any."""
        if not self.sees("("):
            return []
        start, end = self._at, _closing(self._parts, self._at)
        self._at = end + 1
        return self._parts[start + 1 : end]

    def until(self, *stops: tuple[str, ...]) -> Sequence[Token]:
        """Give what stands before the first of these phrases that is in no parentheses, or to the end."""
        start = self._at
        first = {stop[0] for stop in stops}  # most tokens begin none
        while not self.done:
            if self._words[self._at] in first and any(self.sees(*stop) for stop in stops):
                break
            self._at = _closing(self._parts, self._at) + 1 if self.sees("(") else self._at + 1
        return self._parts[start : self._at]

    def rest(self) -> Sequence[Token]:
        """Give all that is left."""
        return self.until()


def _step(token: Token) -> int:
    if token.kind != "symbol":
        return 0
    return {"(": 1, ")": -1}.get(token.text, 0)


def _closing(parts: Sequence[Token], opening: int) -> int:
    depth = 0
    for place in range(opening, len(parts)):
        depth += _step(parts[place])
        if depth == 0:
            return place
    return len(parts)


class Spelling:
    """One way to write tokens: keywords in capitals, functions small, quotes where a name needs them.

    A `soft` keyword may be a name as well, and can't be told from one: quoted or not it's in capitals.
    """

    def __init__(self, reserved: Iterable[str], soft: Iterable[str] = ()) -> None:
        self._reserved = frozenset(reserved)
        self._soft = frozenset(soft)

    def write(self, parts: Sequence[Token]) -> str:
        """Give the text."""
        written = ""
        for place, token in enumerate(parts):
            before = parts[place - 1] if place else None
            after = parts[place + 1] if place + 1 < len(parts) else None
            if before and self._apart(parts[place - 2] if place > 1 else None, before, token):
                written += " "
            written += self._spelled(token, after)
        return written

    def name(self, text: str) -> str:
        """Give a name, quoted where it needs to be."""
        if re.fullmatch(r"[^\W\d][\w$]*", text) and text.upper() not in self._reserved:
            return text
        return '"' + text.replace('"', '""') + '"'

    def _spelled(self, token: Token, after: Token | None) -> str:
        if token.kind in ("name", "word") and token.text.upper() in self._soft:
            return token.text.upper()
        if token.kind == "name":
            return self.name(token.text)
        if token.kind != "word":
            return token.text
        if token.text.upper() in self._reserved:
            return token.text.upper()
        return token.text.lower() if after == ("symbol", "(") else token.text

    def _apart(self, earlier: Token | None, before: Token, token: Token) -> bool:
        """Tell whether a space stands between two tokens; `earlier` stands before them."""
        if token.kind == "symbol" and token.text in (")", ",", ";", "."):
            return False
        if before.kind == "symbol" and before.text in ("(", "."):
            return False
        if token == ("symbol", "("):
            return before.kind != "name" and (before.kind != "word" or before.text.upper() in self._reserved)
        if before.kind == "symbol" and before.text in ("-", "+", "~"):
            return earlier is not None and self._ends_a_value(earlier)
        return True

    def _ends_a_value(self, token: Token) -> bool:
        if token.kind == "symbol":
            return token.text == ")"
        return token.kind != "word" or token.text.upper() not in self._reserved
