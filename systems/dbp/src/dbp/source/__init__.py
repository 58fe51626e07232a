"""What a source tree says: its files, their headers, docstrings and code. Nothing here knows a database."""

from dbp.source.document import Source, read_source, type_of
from dbp.source.header import Change, Decided, Dependency, Header, parse_header
from dbp.source.linking import Linker
from dbp.source.module import Module, parse_module
from dbp.source.tree import Found, files_in

__all__ = [
    "Change",
    "Decided",
    "Dependency",
    "Found",
    "Header",
    "Linker",
    "Module",
    "Source",
    "files_in",
    "parse_header",
    "parse_module",
    "read_source",
    "type_of",
]
