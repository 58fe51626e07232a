"""One short text for what a revision's file does: it changes when the code does, and not otherwise.

Comments, blank lines, spaces between words and docstrings don't count, nor how a text is quoted. Python's own
syntax tree would serve, but its form differs between versions; the words of a program don't.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from colonnade.errors import MigrationError

__all__ = ["checksum", "checksum_of"]

_NO_WORDS = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER})
_LAYOUT = {tokenize.INDENT: "{", tokenize.DEDENT: "}", tokenize.NEWLINE: ";"}
# From Python 3.12 on an f-string comes in parts.
_FSTRING_START: int = getattr(tokenize, "FSTRING_START", -1)
_FSTRING_END: int = getattr(tokenize, "FSTRING_END", -1)


def checksum_of(file: Path) -> str:
    """Give the checksum of a file.

    Raises:
        MigrationError: it can't be read, or isn't Python.
    """
    try:
        with tokenize.open(file) as opened:
            return checksum(opened.read())
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise MigrationError(f"{file} can't be read as Python: {error}") from error


def checksum(source: str) -> str:
    """Give 64 hexadecimal digits, the same on every version of Python.

    Raises:
        SyntaxError: the source isn't Python.
    """
    ast.parse(source)  # refuses what the words alone would let pass
    words = "\n".join(_without_docstrings(_words(source)))
    return sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def _words(source: str) -> Iterator[str]:
    lines = io.StringIO(source).readlines()
    depth, start = 0, (0, 0)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == _FSTRING_START:
            start = token.start if depth == 0 else start
            depth += 1
        elif token.type == _FSTRING_END:
            depth -= 1
            if depth == 0:
                yield _between(lines, start, token.end)
        elif depth == 0 and token.type not in _NO_WORDS:
            yield _word(token)


def _word(token: tokenize.TokenInfo) -> str:
    if token.type in _LAYOUT:
        return _LAYOUT[token.type]
    if token.type == tokenize.STRING and not _is_formatted(token.string):
        return repr(ast.literal_eval(token.string))
    return token.string


def _is_formatted(text: str) -> bool:
    return "f" in text[: min(text.find(quote) for quote in "'\"" if quote in text)].lower()


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    (first, left), (last, right) = start, end
    if first == last:
        return lines[first - 1][left:right]
    return "".join([lines[first - 1][left:], *lines[first : last - 1], lines[last - 1][:right]])


def _without_docstrings(words: Iterator[str]) -> Iterator[str]:
    """Leave out each text that is a statement by itself."""
    before, held = ";", None
    for word in words:
        if held is not None:
            if word != ";":
                yield held
                yield word
            held = None
        elif before in (";", "{", "}") and word[:1] in "'\"" and word:
            held = word
        else:
            yield word
        before = word
