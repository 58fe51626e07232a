"""What kinds of files there are."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["DocumentType"]


class DocumentType(StrEnum):
    """What kind of file a document is."""

    CODE = "Code"
    MARKDOWN = "Markdown"
    HEADER = "Header"
    CONFIG = "Config"
