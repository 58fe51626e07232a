"""A file that was read, as rows of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dbp.source import Source

__all__ = ["document_row", "part_rows"]


def document_row(source: Source) -> dict[str, Any]:
    """Give the fields of the file's document."""
    header = source.header
    return {
        "path": source.path,
        "type": source.type,
        "last_modified": source.last_modified,
        "file_size": source.file_size,
        "md5_digest": source.md5_digest,
        "content": source.content,
        "intent": source.intent,
        "design_principles": list(header.principles),
        "constraints": list(header.constraints),
        "reference_documentation": [asdict(each) for each in header.dependencies or ()],
        "imports": source.module.uses(),
        "problem": source.problem,
    }


def part_rows(source: Source) -> dict[str, Sequence[dict[str, Any]]]:
    """Give the rows of what is in the file: functions, classes, design decisions, change records."""
    return {
        "functions": source.module.functions,
        "classes": source.module.classes,
        "design_decisions": [asdict(each) for each in source.header.decisions],
        "change_records": [
            {
                "timestamp": each.timestamp,
                "summary": each.summary,
                "details": "\n".join(each.details) or None,
            }
            for each in source.header.history
        ],
    }
