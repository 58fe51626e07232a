"""`colonnade docs`: pages that say what is there, and stay true."""

from __future__ import annotations

from colonnade.cli.groups import group

__all__ = ["app"]

app = group(
    __name__,
    "Pages that say what is there. The models are those of tool.colonnade.models.",
    {"Commands": ("build", "check")},
)
