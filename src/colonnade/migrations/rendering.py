"""How autogenerate writes a revision: our types and defaults by their names, with the imports they need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from colonnade.models.types import utcnow

__all__ = ["rendering"]

RenderItem = Callable[[str, Any, Any], Any]


def rendering(theirs: RenderItem | None) -> RenderItem:
    """Give a `render_item` for Alembic that asks the user's own first."""

    def render(kind: str, item: Any, context: Any) -> Any:
        rendered = theirs(kind, item, context) if theirs else False
        if rendered is not False:
            return rendered
        if kind == "type":
            return _type(item, context)
        if kind == "server_default" and isinstance(getattr(item, "arg", None), utcnow):
            context.imports.add("from colonnade.models import utcnow")
            return "utcnow()"
        return False

    return render


def _type(item: Any, context: Any) -> Any:
    """Write a type that isn't SQLAlchemy's with its import: Alembic writes the name alone."""
    module, name = type(item).__module__, type(item).__name__
    if module.startswith("colonnade.models"):
        context.imports.add(f"from colonnade.models import {name}")
        return repr(item).replace("_create_events=False, ", "")  # SQLAlchemy's own business
    if not module.startswith("sqlalchemy.") and module.isidentifier() | ("." in module):
        context.imports.add(f"import {module}")
    return False
