"""`colonnade audit`: who changed what, and whether the log can be trusted."""

from __future__ import annotations

from colonnade.cli.groups import group

__all__ = ["app"]

app = group(
    __name__,
    "Who changed what, and whether the log can be trusted. The models are those of tool.colonnade.models.",
    {
        "Read": ("log", "show", "as-of"),
        "Look whether all is well": ("check", "reconcile", "verify"),
        "Change": ("install", "revert", "seal", "prune"),
    },
)
